"""One job of an array on a batch system: it makes every n-th shard of a dataset and leaves the files for joining."""

from pathlib import Path
from typing import NamedTuple

from core.dataset.executors import ThreadExecutor
from core.dataset.part_stores import make_parts
from core.dataset.shard_files import PartFolder
from core.progress import Steps
from core.workflows.headless import Report
from core.workflows.sample_inputs import SampleInputs, require_independent_rows

PARTS_FOLDER = "parts"


class ArrayJob(NamedTuple):
    """Job `number`, from 1, of `n_jobs`."""

    number: int
    n_jobs: int


def make_array_job(inputs: SampleInputs, out: Path, array_job: ArrayJob, n_workers: int) -> Steps[Report]:
    """Make the job's shards in `out/parts` as far as they are not there yet; a label that failed is reported.

    Every n-th shard, and not n-th of the rows in one piece: so a label that is hard to meet falls to all jobs alike.
    """
    job = inputs.job()
    require_independent_rows(job.config)
    store = PartFolder(out / PARTS_FOLDER, job)
    shards = job.shards()[array_job.number - 1 :: array_job.n_jobs]
    n_made = yield from make_parts(job, shards, ThreadExecutor(n_workers), store)
    found = [labels for shard in shards if (labels := store.labels(shard)) is not None]
    parts = [part for labels in found for part in labels]
    return {
        "ok": True,  # the part of a label that failed is made too; joining leaves the label out
        "folder": str(store.folder),
        "job": array_job.number,
        "n_jobs": array_job.n_jobs,
        "n_parts": len(found),
        "n_made": n_made,
        "n_parts_of_all": len(job.shards()),
        "n_rows": sum(part.n_rows for part in parts),
        "failed_labels": {part.label: part.failure.reason for part in parts if part.failure},
    }

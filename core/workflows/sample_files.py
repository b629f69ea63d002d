"""Sampling between plain files: edges, catalogue and configuration in, a folder with a dataset out."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from core.dataset.evaluation import evaluation_json
from core.dataset.executors import ThreadExecutor
from core.dataset.files import CONFIG_FILE, EVALUATION_FILE
from core.dataset.noise_file import NOISE_FILE
from core.dataset.shard_files import PartFolder
from core.dataset.streaming import MEMORY_ROWS, Making, StreamedDataset, join_parts, stream_dataset
from core.dataset.version import dataset_id
from core.errors import ValenceError
from core.progress import Steps
from core.store.files import file_record
from core.workflows.clusters import dask_executor
from core.workflows.datasets import dataset_facts
from core.workflows.headless import Report
from core.workflows.out_files import MANIFEST_FILE, check_out_folder
from core.workflows.sample_inputs import SampleInputs, SampleOptions, require_independent_rows
from core.workflows.shards import PARTS_FOLDER


def sample_to_folder(
    inputs: SampleInputs, out: Path, options: SampleOptions | None = None, copies: Sequence[Path] = ()
) -> Steps[Report]:
    """Draw a dataset and write it into `out` with `copies` of further files, `manifest.json` last.

    Large datasets, and those of a scheduler, keep their shards in `out/parts` until the end: a run that was stopped
    goes on from there. `ValenceError` before the first row where files in `out` would be lost.
    """
    options = options or SampleOptions()
    job = inputs.job()
    if options.scheduler or options.merge_only:
        require_independent_rows(job.config)
    id = dataset_id(job.graph, job.config)
    noise_file = [] if job.config.noise.is_off else [NOISE_FILE]
    names = [*options.row_files, *noise_file, EVALUATION_FILE, CONFIG_FILE, *(path.name for path in copies)]
    check_out_folder(out, id, names)
    parts = out / PARTS_FOLDER
    store = PartFolder(parts, job)
    with_parts = bool(options.scheduler) or options.merge_only or job.n_rows > MEMORY_ROWS or parts.exists()
    executor = dask_executor(options.scheduler) if options.scheduler else ThreadExecutor(options.n_workers)
    making = Making(executor, parts if with_parts else None, options.row_files, options.n_workers)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".writing-") as folder:
            draft = Path(folder)
            steps = (
                join_parts(job, store, draft, making)
                if options.merge_only
                else stream_dataset(job.graph, job.config, draft, making)
            )
            with closing(steps):
                made = yield from steps
            facts = dataset_facts(made, job.graph)
            written = _publish(made, {"id": id, **facts}, copies, out)
    except OSError as error:
        kept = f" Its parts in {parts} stay valid: the same command goes on from there." if parts.is_dir() else ""
        raise ValenceError(
            f"The dataset cannot be written to {out}: {error.strerror or error}.{kept}",
            "Make room there, or choose another folder.",
        ) from error
    if with_parts:
        store.clear()
    return {
        "ok": not facts["failed_labels"],
        "folder": str(out),
        "files": written,
        "id": id,
        "n_rows": facts["n_rows"],
        "failed_labels": facts["failed_labels"],
        "evaluation": json.loads(evaluation_json(made.evaluation)),
    }


def _publish(made: StreamedDataset, manifest: Report, copies: Sequence[Path], out: Path) -> list[str]:
    """Move the files from beside their target, so that a full disk leaves what was there."""
    for path in copies:
        shutil.copyfile(path, made.folder / path.name)
    names = [*made.files, *(path.name for path in copies)]
    records = {name: file_record(made.folder / name).model_dump() for name in names}
    text = json.dumps({**manifest, "files": records}, indent=2, ensure_ascii=False)
    (made.folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
    for name in (*names, MANIFEST_FILE):
        (made.folder / name).replace(out / name)
    return [*names, MANIFEST_FILE]

"""A dataset from a graph and a configuration, in memory: every label sampled, recounted, and accounted for."""

from dataclasses import dataclass

from core.dataset.executors import ThreadExecutor
from core.dataset.outcomes import LabelOutcome
from core.dataset.part_stores import RowsInMemory, make_parts, outcomes_of
from core.dataset.rows import LabelledRows, join_rows
from core.dataset.shards import shard_job
from core.dataset.streaming import met_blocks
from core.graph.model import SignedGraph
from core.progress import Progress, Steps
from core.sampler.configuration import DatasetConfig


@dataclass(frozen=True, eq=False)
class GeneratedDataset:
    """The rows of every label that was met, and the outcome of every label in the order of the configuration."""

    config: DatasetConfig
    rows: LabelledRows
    outcomes: tuple[LabelOutcome, ...]


def generate_dataset(graph: SignedGraph, config: DatasetConfig, n_workers: int = 2) -> Steps[GeneratedDataset]:
    """Yield progress in rows and return the rows, the same bytes for any number of workers.

    Raises `InvalidInput` when the configuration does not fit the catalogue, and `Infeasible` when no label at all was
    met; a label that fails beside others leaves their rows and its reason. `stream_dataset` writes rows to files
    instead, for datasets that do not fit into memory, and adds the configuration's noise, which is not in these rows.
    """
    job = shard_job(graph, config)
    store = RowsInMemory()
    yield from make_parts(job, job.shards(), ThreadExecutor(n_workers), store)
    outcomes = outcomes_of(job, store)
    rows = join_rows([block.rows for block in met_blocks(job, store, outcomes)])
    yield Progress(job.n_rows, job.n_rows, f"{len(rows):,} rows")
    return GeneratedDataset(config, rows, outcomes)

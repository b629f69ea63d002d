"""A dataset written to files as its shards are joined: no file and no label is ever whole in memory.

Two steps. First every shard is made and kept (`part_stores`); then the shards are read in order, the rows of labels
that failed anywhere are left out, and blocks of rows are counted, evaluated and written. A dataset of few rows takes
the same way with its shards in memory.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.dataset.evaluation import BLOCK_ROWS, BlockMeasure, Evaluation, Evaluator, evaluation_json
from core.dataset.executors import Executor, ThreadExecutor
from core.dataset.files import CONFIG_FILE, EVALUATION_FILE, PARQUET_FILE, ROW_FILES, ROW_GROUP, ROWS_FILE, RowFormat
from core.dataset.noise import NoiseEvents, add_noise
from core.dataset.noise_file import NOISE_FILE, NoiseFile
from core.dataset.outcomes import LabelOutcome
from core.dataset.part_stores import PartStore, RowsInMemory, make_parts, outcomes_of
from core.dataset.rows import LabelledRows, join_rows
from core.dataset.shard_files import PartFolder
from core.dataset.shards import ShardJob, shard_job
from core.graph.model import SignedGraph
from core.progress import Progress, Steps, retold
from core.sampler.chunks import in_order
from core.sampler.configuration import DatasetConfig, config_json

MEMORY_ROWS = 200_000  # shards of more rows are kept as files
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Making:
    """How a dataset is made; nothing here shows in its bytes.

    `parts`: the folder that keeps the shards, so that a run goes on from there; without one they are kept in memory
    or beside the files, and forgotten. `row_files`: which of the two files of rows are written.
    """

    executor: Executor = field(default_factory=ThreadExecutor)
    parts: Path | None = None
    row_files: tuple[str, ...] = ROW_FILES
    n_workers: int = 2


@dataclass(frozen=True, eq=False)
class StreamedDataset:
    """A dataset in files of `folder`, their names in `files`; `outcomes` in the order of the configuration."""

    config: DatasetConfig
    outcomes: tuple[LabelOutcome, ...]
    evaluation: Evaluation
    folder: Path
    files: tuple[str, ...]


class Block(NamedTuple):
    """Rows in their order; `number` int64 [R] is the place of each among all rows that the configuration asks for."""

    rows: LabelledRows
    number: NDArray[np.int64]


class _ReadyBlock(NamedTuple):
    """A block as it is added to the evaluation and to each file; `noise` where the rows were spoilt on purpose."""

    n_rows: int
    measure: BlockMeasure
    noise: NoiseEvents | None
    table: Any
    lines: list[bytes]


def stream_dataset(
    graph: SignedGraph, config: DatasetConfig, folder: Path, making: Making | None = None
) -> Steps[StreamedDataset]:
    """Write a dataset's files into an existing folder, yielding progress in rows, half of it for making the shards.

    Raises what `generate_dataset` raises, and `OSError` for a file that cannot be written.
    """
    making = making or Making()
    job = shard_job(graph, config)
    if making.parts is None and job.n_rows <= MEMORY_ROWS:
        return (yield from _make_and_join(job, RowsInMemory(), folder, making))
    kept = making.parts or folder / "parts"
    store = PartFolder(kept, job)
    made = yield from _make_and_join(job, store, folder, making)
    if making.parts is None:
        store.clear()
    return made


def join_parts(job: ShardJob, store: PartStore[T], folder: Path, making: Making) -> Steps[StreamedDataset]:
    """Write the files of a dataset whose shards are all in the store; `InvalidInput` names those that are not."""
    outcomes = outcomes_of(job, store)
    with closing(met_blocks(job, store, outcomes, making.n_workers)) as blocks:
        met = [outcome.label for outcome in outcomes if not outcome.failure]
        evaluation = yield from _write_rows(job, met, regrid(blocks, BLOCK_ROWS), folder, making)
    (folder / EVALUATION_FILE).write_text(evaluation_json(evaluation), encoding="utf-8", newline="")
    (folder / CONFIG_FILE).write_text(config_json(job.config), encoding="utf-8", newline="")
    noise_file = () if job.config.noise.is_off else (NOISE_FILE,)
    files = (*making.row_files, *noise_file, EVALUATION_FILE, CONFIG_FILE)
    return StreamedDataset(job.config, outcomes, evaluation, folder, files)


def met_blocks(
    job: ShardJob, store: PartStore[T], outcomes: Sequence[LabelOutcome], n_workers: int = 1
) -> Generator[Block, None, None]:
    """The rows of the labels that were met, one block per label and shard, in their order."""
    met = {outcome.label for outcome in outcomes if not outcome.failure}
    shards = [shard for shard in job.shards() if any(piece.label in met for piece in job.pieces(shard))]
    with closing(in_order(store.get, shards, n_workers)) as found:
        for made in found:
            start = 0
            for part in made.labels:
                stop = start + part.n_rows
                if part.label in met:
                    number = np.arange(part.first_row, part.first_row + part.n_rows)
                    yield Block(made.rows.part(start, stop), number)
                start = stop


def regrid(blocks: Iterable[Block], n_rows: int) -> Iterator[Block]:
    """The same rows in blocks of `n_rows` each, the last one shorter."""
    held: list[Block] = []
    n_held = 0
    for block in blocks:
        held.append(block)
        n_held += len(block.number)
        while n_held >= n_rows:
            whole = _joined(held)
            yield Block(whole.rows.part(0, n_rows), whole.number[:n_rows])
            held = [Block(whole.rows.part(n_rows, n_held), whole.number[n_rows:])]
            n_held -= n_rows
    if n_held:
        yield _joined(held)


def _joined(blocks: Sequence[Block]) -> Block:
    return Block(join_rows([block.rows for block in blocks]), np.concatenate([block.number for block in blocks]))


def _make_and_join(job: ShardJob, store: PartStore[T], folder: Path, making: Making) -> Steps[StreamedDataset]:
    yield from _half(make_parts(job, job.shards(), making.executor, store), 0, job.n_rows)
    made = yield from _half(join_parts(job, store, folder, making), job.n_rows, job.n_rows)
    yield Progress(job.n_rows, job.n_rows, f"{made.evaluation.n_rows:,} rows")
    return made


def _half(steps: Steps[T], before: int, total: int) -> Steps[T]:
    """Progress of one of two steps of `total` rows each as progress of both together."""
    return retold(steps, lambda progress: Progress((before + progress.done) // 2, total, progress.note))


def _write_rows(
    job: ShardJob, met: Sequence[str], blocks: Iterable[Block], folder: Path, making: Making
) -> Steps[Evaluation]:
    form = RowFormat(tuple(job.config.type_ranges), tuple(job.config.label_params), job.graph.catalogue)
    evaluator = Evaluator(job.graph, job.config, tuple(job.config.type_ranges))
    noise = job.config.noise
    with_table, with_lines = PARQUET_FILE in making.row_files, ROWS_FILE in making.row_files

    def ready(block: Block) -> _ReadyBlock:
        measure = evaluator.measure(block.rows)
        rows, events = block.rows, None
        if not noise.is_off:  # after the measure, and by the rows' numbers, which no grid and no executor shows in
            rows, events = add_noise(rows, job.graph.catalogue, noise, job.config.seed, block.number, met)
        table = form.table(rows) if with_table else None
        return _ReadyBlock(len(rows), measure, events, table, form.jsonl(rows) if with_lines else [])

    n_written = 0
    with ExitStack() as opened:
        parquet = opened.enter_context(form.open_parquet(folder / PARQUET_FILE)) if with_table else None
        jsonl = opened.enter_context((folder / ROWS_FILE).open("wb")) if with_lines else None
        log = None if noise.is_off else opened.enter_context(_noise_file(job, folder))
        for block in opened.enter_context(closing(in_order(ready, blocks, making.n_workers))):
            evaluator.add(block.measure)
            if parquet:
                parquet.write_table(block.table, row_group_size=ROW_GROUP)
            if jsonl:
                jsonl.writelines(block.lines)
            if log and block.noise is not None:
                log.write(block.noise, n_written)
            n_written += block.n_rows
            yield Progress(n_written, job.n_rows, f"{n_written:,} rows written")
    return replace(evaluator.result(), noise=log.counts) if log else evaluator.result()


def _noise_file(job: ShardJob, folder: Path) -> NoiseFile:
    return NoiseFile(folder / NOISE_FILE, job.graph.catalogue, tuple(job.config.label_params))

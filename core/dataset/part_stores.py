"""Where shards are kept between being made and being joined: in memory, or as files in a folder (`shard_files`)."""

from collections.abc import Sequence
from contextlib import closing
from typing import Protocol, TypeVar

from core.dataset.executors import Executor
from core.dataset.outcomes import LabelOutcome, LabelPart, label_outcome
from core.dataset.shards import Finish, Shard, ShardJob, ShardRows, failed_at
from core.errors import Infeasible, InvalidInput, Problem
from core.progress import Progress, Steps

T = TypeVar("T")


class PartStore(Protocol[T]):
    """Keeps shards in the form T that an executor hands over."""

    @property
    def finish(self) -> Finish[T]:
        """What brings a shard into the form that is handed over, where it was made: a function that can be sent."""
        ...

    def put(self, part: T) -> None:
        """Keep a shard; the same one again changes nothing."""
        ...

    def labels(self, shard: Shard) -> tuple[LabelPart, ...] | None:
        """What became of the labels of a shard, or None where it was not made; `CorruptArtefact` if damaged."""
        ...

    def get(self, shard: Shard) -> ShardRows:
        """The rows of a shard that was made."""
        ...


class RowsInMemory:
    """Shards kept as they are, for datasets that fit."""

    def __init__(self) -> None:
        self._made: dict[Shard, ShardRows] = {}

    @property
    def finish(self) -> Finish[ShardRows]:
        """The shard is handed over as it is."""
        return _as_it_is

    def put(self, part: ShardRows) -> None:
        """Keep a shard."""
        self._made[part.shard] = part

    def labels(self, shard: Shard) -> tuple[LabelPart, ...] | None:
        """What became of the labels of a shard, or None where it was not made."""
        return self._made[shard].labels if shard in self._made else None

    def get(self, shard: Shard) -> ShardRows:
        """The rows of a shard that was made."""
        return self._made[shard]


def make_parts(job: ShardJob, shards: Sequence[Shard], executor: Executor, store: PartStore[T]) -> Steps[int]:
    """Have those shards made that the store lacks, yield progress in rows, and return how many were."""
    stored = {shard: store.labels(shard) for shard in shards}
    failed = failed_at(part for labels in stored.values() for part in labels or ())
    missing = [shard for shard in shards if stored[shard] is None and not job.is_needless(shard, failed)]
    total = sum(shard.n_rows for shard in shards)
    before = total - sum(shard.n_rows for shard in missing)
    n_made = 0
    with closing(executor.run(job, missing, store.finish)) as steps:
        for step in steps:
            if isinstance(step, Progress):
                yield Progress(before + step.done, total, step.note)
            else:
                store.put(step)
                n_made += 1
    return n_made


def outcomes_of(job: ShardJob, store: PartStore[T]) -> tuple[LabelOutcome, ...]:
    """What became of every label, in the order of the configuration, once its shards were made.

    `InvalidInput` names every shard that is missing; `Infeasible` when no label at all was met.
    """
    parts: dict[str, list[LabelPart]] = {label: [] for label in job.config.label_params}
    missing = []
    for shard in job.shards():
        labels = store.labels(shard)
        if labels is None:
            missing.append(shard)
        for part in labels or ():
            parts[part.label].append(part)
    failed = failed_at(part for found in parts.values() for part in found)
    lacking = [shard for shard in missing if not job.is_needless(shard, failed)]
    if lacking:
        raise InvalidInput("The parts of the dataset are not complete", [_lack(job, shard) for shard in lacking])
    outcomes = tuple(label_outcome(label, found) for label, found in parts.items())
    if all(outcome.failure for outcome in outcomes):
        raise Infeasible(" ".join(outcome.failure.reason for outcome in outcomes if outcome.failure))
    return outcomes


def _as_it_is(_: ShardJob, made: ShardRows) -> ShardRows:
    return made


def _lack(job: ShardJob, shard: Shard) -> Problem:
    number = job.shards().index(shard) + 1
    rows = f"rows {shard.first_row:,} to {shard.rows.stop - 1:,}"
    return Problem(
        f"Part {number:,} of {len(job.shards()):,} ({rows}) was not made.",
        "Run the array job that makes it again, or sample without --merge, which makes what is missing.",
    )

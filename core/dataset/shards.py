"""The shard contract: (graph, configuration, first row, number of rows) to those rows, the same wherever it is kept.

The rows of a dataset are numbered label after label in the order of the configuration, whether or not a label can be
met. A fixed grid cuts the numbers into shards. A shard is drawn and counted again from its graph and configuration
alone, so that any machine may make any shard, twice or late.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np

from core.dataset.diversity import ChosenRows, choose_rows
from core.dataset.outcomes import LabelFailure, LabelPart, failure_of
from core.dataset.rows import LabelledRows, join_rows
from core.errors import InvalidInput
from core.graph.model import SignedGraph
from core.progress import Steps, finish
from core.sampler.configuration import DatasetConfig, config_id
from core.sampler.configuration_check import check_config
from core.sampler.encoding import Encoding, encode_config
from core.sampler.feasibility import UnmetLabel
from core.sampler.label_search import DrawnRows, LabelSearch, prepare_label
from core.sampler.recount import EdgeIndex, RowChecker, index_edges
from core.sampler.search import LabelRequest

SHARD_ROWS = 65_536
RowSource = LabelSearch | ChosenRows
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shard:
    """`n_rows` rows from row `first_row` of the dataset that a graph and a configuration make."""

    graph_id: str
    config_id: str
    first_row: int
    n_rows: int

    @property
    def rows(self) -> range:
        """The numbers of its rows."""
        return range(self.first_row, self.first_row + self.n_rows)


class Piece(NamedTuple):
    """The rows of one label in a shard: their numbers within the label, and the first one's in the dataset."""

    label: str
    rows: range
    first_row: int


@dataclass(frozen=True, eq=False)
class ShardRows:
    """The rows of a shard, without those of labels that failed in it, and what became of each of its labels."""

    shard: Shard
    rows: LabelledRows
    labels: tuple[LabelPart, ...]


@dataclass(frozen=True, eq=False)
class ShardJob:
    """All that the shards of one dataset are made from. Safe to use from several threads and to send elsewhere:
    what was prepared here stays here and is prepared there again.
    """

    graph: SignedGraph
    config: DatasetConfig

    def __getstate__(self) -> dict[str, Any]:
        return {"graph": self.graph, "config": self.config}

    @cached_property
    def graph_id(self) -> str:
        """The graph's content id, worked out once."""
        return self.graph.id

    @cached_property
    def config_id(self) -> str:
        """The configuration's content id."""
        return config_id(self.config)

    @cached_property
    def first_rows(self) -> Mapping[str, int]:
        """The number of each label's first row in the dataset."""
        sizes = [params.num_samples for params in self.config.label_params.values()]
        firsts = np.cumsum([0, *sizes])[:-1].tolist()
        return dict(zip(self.config.label_params, firsts, strict=True))

    @property
    def n_rows(self) -> int:
        """How many rows are asked for, all labels together."""
        return sum(params.num_samples for params in self.config.label_params.values())

    def shards(self) -> tuple[Shard, ...]:
        """The fixed grid over all rows."""
        firsts = range(0, self.n_rows, SHARD_ROWS)
        return tuple(
            Shard(self.graph_id, self.config_id, first, min(SHARD_ROWS, self.n_rows - first)) for first in firsts
        )

    def pieces(self, shard: Shard) -> Iterator[Piece]:
        """Cut a shard at the borders of its labels."""
        for label, first in self.first_rows.items():
            start = max(shard.rows.start, first)
            stop = min(shard.rows.stop, first + self.config.label_params[label].num_samples)
            if start < stop:
                yield Piece(label, range(start - first, stop - first), start)

    def is_needless(self, shard: Shard, failed: Mapping[str, int]) -> bool:
        """Whether every label of a shard failed in an earlier row; `failed` maps a label to where, as `failed_at`."""
        return all(failed.get(piece.label, piece.first_row) < piece.first_row for piece in self.pieces(shard))

    @cached_property
    def tools(self) -> "ShardTools":
        """What drawing and counting need, prepared once in each process."""
        return ShardTools(self)


Finish = Callable[[ShardJob, ShardRows], T]  # what becomes of a shard where it was made


def shard_job(graph: SignedGraph, config: DatasetConfig) -> ShardJob:
    """The job of a configuration that fits the graph's catalogue; `InvalidInput` with every problem otherwise."""
    problems = check_config(config, graph.catalogue)
    if problems:
        raise InvalidInput("The dataset configuration does not fit the catalogue", problems)
    return ShardJob(graph, config)


def failed_at(parts: Iterable[LabelPart]) -> dict[str, int]:
    """The labels that failed, each with the first row of the earliest part that it failed in."""
    failed: dict[str, int] = {}
    for part in parts:
        if part.failure:
            failed[part.label] = min(part.first_row, failed.get(part.label, part.first_row))
    return failed


class ShardTools:
    """The encoded graph, its indexed edges, and the searches of the labels asked for so far."""

    def __init__(self, job: ShardJob) -> None:
        self._job = job
        self._encoding: Encoding = encode_config(job.graph, job.config)
        self._edges: EdgeIndex = index_edges(job.graph)
        self._checkers = {
            label: RowChecker(job.graph, self._edges, label, params, job.config.type_ranges)
            for label, params in job.config.label_params.items()
        }
        self._searches: dict[str, RowSource | UnmetLabel] = {}
        self._preparing = threading.Lock()

    def search(self, label: str, n_workers: int = 1) -> Steps[RowSource]:
        """The label's search, prepared on the first call; `UnmetLabel` when its trial found no row.

        Rows that are to be kept apart depend on each other, so then the whole label is drawn here.
        """
        with self._preparing:
            if label not in self._searches:
                config = self._job.config
                request = LabelRequest(label, config.label_params[label], config.sampler, config.seed)
                try:
                    self._searches[label] = yield from self._prepared(request, n_workers)
                except UnmetLabel as failure:
                    self._searches[label] = failure
        found = self._searches[label]
        if isinstance(found, UnmetLabel):
            raise found
        return found

    def _prepared(self, request: LabelRequest, n_workers: int) -> Steps[RowSource]:
        search = yield from prepare_label(self._encoding, request, n_workers)
        diversity = self._job.config.diversity
        if diversity.is_off:
            return search
        return (yield from choose_rows(search, diversity, self._job.graph.catalogue, self._edges, n_workers))

    def checked(self, piece: Piece, search: RowSource, chunks: Sequence[DrawnRows]) -> tuple[LabelledRows, LabelPart]:
        """A piece's rows once they were counted again; `ValenceError` for one that breaks its constraints."""
        sizes = np.concatenate([chunk.sizes for chunk in chunks])
        nodes = np.concatenate([chunk.nodes for chunk in chunks])
        offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        self._checkers[piece.label].require_in_range(nodes, offsets)
        labels = tuple(self._job.config.label_params)
        label = np.full(len(sizes), labels.index(piece.label), dtype=np.int32)
        part = LabelPart(
            piece.label,
            piece.first_row,
            len(sizes),
            search.method,
            search.random_share,
            search.mixing_proposals,
            sum(chunk.n_proposals for chunk in chunks),
            sum(chunk.n_retried for chunk in chunks),
        )
        return LabelledRows(tuple(self._job.config.type_ranges), labels, label, nodes, offsets), part

    def assembled(self, shard: Shard, made: Sequence["MadePiece"]) -> ShardRows:
        """The pieces of a shard as one, counted again."""
        rows, parts = [], []
        for piece, search, chunks, failure in made:
            if search is None or failure is not None:
                parts.append(LabelPart(piece.label, piece.first_row, 0, failure=failure))
                continue
            found, part = self.checked(piece, search, chunks)
            rows.append(found)
            parts.append(part)
        return ShardRows(shard, join_rows([*rows, *([] if rows else [self._no_rows()])]), tuple(parts))

    def _no_rows(self) -> LabelledRows:
        types, labels = tuple(self._job.config.type_ranges), tuple(self._job.config.label_params)
        none = np.zeros(0, dtype=np.int32)
        return LabelledRows(types, labels, none, none, np.zeros(1, dtype=np.int64))


class MadePiece(NamedTuple):
    """The drawn chunks of a piece, or why its label failed."""

    piece: Piece
    search: RowSource | None
    chunks: Sequence[DrawnRows]
    failure: LabelFailure | None


def make_shard(job: ShardJob, shard: Shard) -> ShardRows:
    """Draw and count one shard in the calling thread: what a worker anywhere runs."""
    made = []
    for piece in job.pieces(shard):
        try:
            search = finish(job.tools.search(piece.label))
            made.append(MadePiece(piece, search, [search.draw(rows) for rows in search.chunks(piece.rows)], None))
        except UnmetLabel as error:
            made.append(MadePiece(piece, None, (), failure_of(error)))
    return job.tools.assembled(shard, made)

"""How good a dataset is: fractions recounted from the graph, constraints, balance, duplicates, coverage.

Rows are measured block by block, so that a dataset of any length is evaluated in the memory of a block and eight bytes
per row.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.dataset.noise import NoiseCounts
from core.dataset.rows import LabelledRows
from core.errors import InvalidInput, Problem
from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, LabelParams
from core.sampler.fractions import Fractions, distance, inside
from core.sampler.recount import count_types, index_edges, index_types, recount_rows, within_types

HISTOGRAM_BINS = 20
BLOCK_ROWS = 65_536  # rows are summed by block, so another number may move the last bit of a mean


@dataclass(frozen=True, slots=True)
class LabelEvaluation:
    """One label's rows.

    A row's deviation is the distance of pos_frac to the nearest bound of its range plus that of neg_frac, each 0
    inside; `mean_deviation` is its mean over the rows. `in_range_rate` is the share of rows with both fractions and
    every type count in range. `n_duplicates` rows repeat an earlier row of the label. The histograms count rows in
    equal bins over 0..1.
    """

    n: int
    share: float
    mean_pos_frac: float
    mean_neg_frac: float
    mean_absent_frac: float
    mean_deviation: float
    mean_pos_deviation: float
    mean_neg_deviation: float
    in_range_rate: float
    n_duplicates: int
    pos_frac_histogram: tuple[int, ...]
    neg_frac_histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The dataset as a whole and each label that has rows, in the order of the configuration.

    `balance` is the smallest label's number of rows over the largest's; `n_shared_rows` counts distinct rows found
    under more than one label; `usage` maps attribute ids of the dataset's types to the number of rows that hold them.
    All of this is measured before any noise; `noise` counts what was spoilt afterwards, None where nothing was to be.
    """

    n_rows: int
    labels: dict[str, LabelEvaluation]
    balance: float
    n_distinct_rows: int
    n_shared_rows: int
    mean_size: float
    usage: dict[str, int]
    noise: NoiseCounts | None = None


class LabelMeasure(NamedTuple):
    """Sums over some rows of one label; `key` uint64 [n] stands for each row's set of attributes."""

    n: int
    pos_frac: float
    neg_frac: float
    absent_frac: float
    pos_deviation: float
    neg_deviation: float
    n_in_range: int
    pos_frac_histogram: NDArray[np.int64]
    neg_frac_histogram: NDArray[np.int64]
    key: NDArray[np.uint64]


class BlockMeasure(NamedTuple):
    """What one block adds: its labels' sums, and by catalogue position the number of rows that hold an attribute."""

    labels: Mapping[str, LabelMeasure]
    usage: NDArray[np.int64]


class Evaluator:
    """Measures blocks of rows against the graph and the ranges they were made for, and adds the measures up."""

    def __init__(self, graph: SignedGraph, config: DatasetConfig, types: Sequence[str]) -> None:
        self._graph = graph
        self._config = config
        self._types = frozenset(types)
        self._edges = index_edges(graph)
        self._type_index = index_types(graph, config.type_ranges)
        self._node_key = _node_keys(graph.n_nodes)
        self._labels: dict[str, list[LabelMeasure]] = {}
        self._usage = np.zeros(graph.n_nodes, dtype=np.int64)

    def measure(self, rows: LabelledRows) -> BlockMeasure:
        """Count a block again; adds nothing yet, so blocks may be measured side by side."""
        found = recount_rows(self._edges, rows.nodes, rows.offsets).fractions
        within = within_types(count_types(self._type_index, rows.nodes, rows.offsets), self._config.type_ranges)
        keys = self._row_keys(rows)
        labels = {}
        for number in np.unique(rows.label).tolist():
            name = rows.labels[number]
            chosen = rows.label == number
            part = Fractions(*(values[chosen] for values in found))
            labels[name] = _measure_label(part, within[chosen], keys[chosen], self._config.label_params[name])
        return BlockMeasure(labels, np.bincount(rows.nodes, minlength=self._graph.n_nodes))

    def add(self, measure: BlockMeasure) -> None:
        """Add the measure of the next block; the order of blocks shows in the last bits of the means."""
        for name, part in measure.labels.items():
            self._labels.setdefault(name, []).append(part)
        self._usage += measure.usage

    def result(self) -> Evaluation:
        """The evaluation of all blocks added."""
        names = [name for name in self._config.label_params if name in self._labels]
        n_rows = sum(part.n for parts in self._labels.values() for part in parts)
        distinct = {name: _distinct([part.key for part in self._labels[name]]) for name in names}
        labels = {name: _evaluate_label(self._labels[name], n_rows, len(distinct[name])) for name in names}
        # A key appears once per label here, so one that appears again is a row of several labels.
        every = np.concatenate(list(distinct.values()))
        distinct.clear()
        every.sort()
        again = every[1:] == every[:-1]
        sizes = [label.n for label in labels.values()]
        return Evaluation(
            n_rows=n_rows,
            labels=labels,
            balance=min(sizes) / max(sizes),
            n_distinct_rows=len(every) - int(np.count_nonzero(again)),
            n_shared_rows=len(np.unique(every[1:][again])),
            mean_size=int(self._usage.sum()) / n_rows,
            usage={
                a.id: int(self._usage[i])
                for i, a in enumerate(self._graph.catalogue.attributes)
                if a.attribute_type in self._types
            },
        )

    def _row_keys(self, rows: LabelledRows) -> NDArray[np.uint64]:
        """The sum of the attributes' random numbers, modulo 2^64: different sets meet with chance 2^-64 per pair."""
        running = np.zeros(len(rows.nodes) + 1, dtype=np.uint64)
        np.cumsum(self._node_key[rows.nodes], out=running[1:])
        return running[rows.offsets[1:]] - running[rows.offsets[:-1]]


def evaluate(rows: LabelledRows, graph: SignedGraph, config: DatasetConfig) -> Evaluation:
    """Measure rows against the graph and the ranges they were made for; `InvalidInput` for labels not configured."""
    used = [rows.labels[i] for i in np.unique(rows.label)]
    unknown = [name for name in used if name not in config.label_params]
    if unknown or len(rows) == 0:
        problems = [Problem(f"The label {name!r} has no ranges in the configuration.", "Add it.") for name in unknown]
        raise InvalidInput("The rows cannot be evaluated", problems or [Problem("There are no rows.")])
    evaluator = Evaluator(graph, config, rows.types)
    for block in rows.blocks(BLOCK_ROWS):
        evaluator.add(evaluator.measure(block))
    return evaluator.result()


def evaluation_json(evaluation: Evaluation) -> str:
    """The evaluation as JSON: `labels` maps each label to its figures, beside the figures of the whole.

    `noise` is there only where rows were spoilt on purpose.
    """
    record = asdict(evaluation)
    if evaluation.noise is None:
        del record["noise"]
    return json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2)


def _measure_label(
    found: Fractions, within: NDArray[np.bool_], key: NDArray[np.uint64], params: LabelParams
) -> LabelMeasure:
    in_range = inside(found, params.pos_frac_range, params.neg_frac_range) & within
    return LabelMeasure(
        n=len(within),
        pos_frac=float(found.pos_frac.sum()),
        neg_frac=float(found.neg_frac.sum()),
        absent_frac=float(found.absent_frac.sum()),
        pos_deviation=float(distance(found.pos_frac, params.pos_frac_range).sum()),
        neg_deviation=float(distance(found.neg_frac, params.neg_frac_range).sum()),
        n_in_range=int(np.count_nonzero(in_range)),
        pos_frac_histogram=_histogram(found.pos_frac),
        neg_frac_histogram=_histogram(found.neg_frac),
        key=key,
    )


def _evaluate_label(parts: Sequence[LabelMeasure], n_rows: int, n_distinct: int) -> LabelEvaluation:
    n = sum(part.n for part in parts)
    pos_deviation, neg_deviation = sum(p.pos_deviation for p in parts), sum(p.neg_deviation for p in parts)
    return LabelEvaluation(
        n=n,
        share=n / n_rows,
        mean_pos_frac=sum(part.pos_frac for part in parts) / n,
        mean_neg_frac=sum(part.neg_frac for part in parts) / n,
        mean_absent_frac=sum(part.absent_frac for part in parts) / n,
        mean_deviation=(pos_deviation + neg_deviation) / n,
        mean_pos_deviation=pos_deviation / n,
        mean_neg_deviation=neg_deviation / n,
        in_range_rate=sum(part.n_in_range for part in parts) / n,
        n_duplicates=n - n_distinct,
        pos_frac_histogram=_added([part.pos_frac_histogram for part in parts]),
        neg_frac_histogram=_added([part.neg_frac_histogram for part in parts]),
    )


def _distinct(keys: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    every = np.concatenate(keys)
    every.sort()  # in place: `np.unique` would take the memory three times
    is_first = np.ones(len(every), dtype=np.bool_)
    np.not_equal(every[1:], every[:-1], out=is_first[1:])
    return every[is_first]


def _histogram(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.histogram(values, bins=HISTOGRAM_BINS, range=(0.0, 1.0))[0].astype(np.int64)


def _added(histograms: Sequence[NDArray[np.int64]]) -> tuple[int, ...]:
    return tuple(np.sum(histograms, axis=0).tolist())


def _node_keys(n_nodes: int) -> NDArray[np.uint64]:
    """A random number for each attribute, the same everywhere."""
    return np.random.default_rng(n_nodes).integers(0, 2**64, size=n_nodes, dtype=np.uint64)

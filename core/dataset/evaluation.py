"""How good a dataset is: fractions recounted from the graph, constraints, balance, duplicates, coverage."""

import json
from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from core.dataset.rows import LabelledRows
from core.errors import InvalidInput, Problem
from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, LabelParams
from core.sampler.fractions import Fractions, distance, inside
from core.sampler.recount import count_types, index_edges, recount_rows, within_types

HISTOGRAM_BINS = 20


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
    """

    n_rows: int
    labels: dict[str, LabelEvaluation]
    balance: float
    n_distinct_rows: int
    n_shared_rows: int
    mean_size: float
    usage: dict[str, int]


def evaluate(rows: LabelledRows, graph: SignedGraph, config: DatasetConfig) -> Evaluation:
    """Measure rows against the graph and the ranges they were made for; `InvalidInput` for labels not configured."""
    used = [rows.labels[i] for i in np.unique(rows.label)]
    unknown = [name for name in used if name not in config.label_params]
    if unknown or len(rows) == 0:
        problems = [Problem(f"The label {name!r} has no ranges in the configuration.", "Add it.") for name in unknown]
        raise InvalidInput("The rows cannot be evaluated", problems or [Problem("There are no rows.")])
    found = recount_rows(index_edges(graph), rows.nodes, rows.offsets).fractions
    counts = count_types(graph, config.type_ranges, rows.nodes, rows.offsets)
    within = within_types(counts, config.type_ranges)
    keys = [rows.of_row(row).tobytes() for row in range(len(rows))]
    labels = {}
    for name, params in config.label_params.items():
        if name not in used:
            continue  # a label that failed: the manifest holds its reason
        chosen = rows.label == rows.labels.index(name)
        part = Fractions(*(values[chosen] for values in found))
        distinct = len({keys[row] for row in np.flatnonzero(chosen)})
        labels[name] = _evaluate_label(part, within[chosen], params, len(rows), distinct)
    sizes = [label.n for label in labels.values()]
    labels_of_key: dict[bytes, set[int]] = {}
    for key, label in zip(keys, rows.label.tolist(), strict=True):
        labels_of_key.setdefault(key, set()).add(label)
    return Evaluation(
        n_rows=len(rows),
        labels=labels,
        balance=min(sizes) / max(sizes),
        n_distinct_rows=len(labels_of_key),
        n_shared_rows=sum(len(found_in) > 1 for found_in in labels_of_key.values()),
        mean_size=float(np.diff(rows.offsets).mean()),
        usage=_usage(rows, graph),
    )


def evaluation_json(evaluation: Evaluation) -> str:
    """The evaluation as JSON: `labels` maps each label to its figures, beside the figures of the whole."""
    return json.dumps(asdict(evaluation), ensure_ascii=False, allow_nan=False, indent=2)


def _evaluate_label(
    found: Fractions, within: NDArray[np.bool_], params: LabelParams, n_rows: int, n_distinct: int
) -> LabelEvaluation:
    pos_off, neg_off = distance(found.pos_frac, params.pos_frac_range), distance(found.neg_frac, params.neg_frac_range)
    in_range = inside(found, params.pos_frac_range, params.neg_frac_range) & within
    n = len(within)
    return LabelEvaluation(
        n=n,
        share=n / n_rows,
        mean_pos_frac=_mean(found.pos_frac),
        mean_neg_frac=_mean(found.neg_frac),
        mean_absent_frac=_mean(found.absent_frac),
        mean_deviation=_mean(pos_off + neg_off),
        mean_pos_deviation=_mean(pos_off),
        mean_neg_deviation=_mean(neg_off),
        in_range_rate=_mean(in_range.astype(np.float64)),
        n_duplicates=n - n_distinct,
        pos_frac_histogram=_histogram(found.pos_frac),
        neg_frac_histogram=_histogram(found.neg_frac),
    )


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())


def _histogram(values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(np.histogram(values, bins=HISTOGRAM_BINS, range=(0.0, 1.0))[0].tolist())


def _usage(rows: LabelledRows, graph: SignedGraph) -> dict[str, int]:
    used = Counter(rows.nodes.tolist())
    return {a.id: used[i] for i, a in enumerate(graph.catalogue.attributes) if a.attribute_type in rows.types}

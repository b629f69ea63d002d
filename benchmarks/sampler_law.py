"""Whether rows follow the law: Kolmogorov-Smirnov distances to exact rejection, beside stopping at the first hit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from benchmarks.example_graph import example_graph, published_config
from benchmarks.table import Row
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, LabelParams, SearchMethod
from core.sampler.encoding import encode_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.published import published_config as published
from core.sampler.recount import index_edges, recount_rows
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest

N = 6_000
LIMIT = 1.36 * np.sqrt(2 / N)  # both samples have N rows
LIMIT_POINTS = 2.0
RARE = LabelParams(pos_frac_range=(0.42, 0.52), neg_frac_range=(0.10, 0.16), num_samples=N)  # acceptance about 1e-3
_EXACT_SEED, _SEED = 99, 5


class _Figures(NamedTuple):
    pos_frac: NDArray[np.float64]
    neg_frac: NDArray[np.float64]
    size: NDArray[np.int64]


def run() -> list[Row]:
    """For every label of V27 and V28 and a rare band: the greatest of three distances, and the lowest tenth's share."""
    small, config = example_graph(), published_config()
    large, largest = make_example(example_named("1400")), published("V28").config
    rows: list[Row] = []
    for name, params in config.label_params.items():
        rows += _label_rows(f"V27 {name}", small, config, params)
    for name, params in {**largest.label_params, "rare band": RARE}.items():
        rows += _label_rows(f"V28 {name}", large, largest, params)
    return rows


def _label_rows(name: str, graph: SignedGraph, config: DatasetConfig, params: LabelParams) -> list[Row]:
    exact = _figures(graph, config, params, _EXACT_SEED, method=SearchMethod.REJECTION)
    ours = _figures(graph, config, params, _SEED)
    first = _figures(graph, config, params, _SEED, method=SearchMethod.ANNEALING, mixing_proposals=0)
    distance, of_first = _distance(ours, exact), _distance(first, exact)
    points, points_of_first = _points(ours, exact, params), _points(first, exact, params)
    note = f"at most; stopping at the first hit: {of_first:.3f}"
    tenth = f"points, at most; stopping at the first hit: {points_of_first:.0f}"
    return [
        Row(f"{name}, KS distance", distance, float(LIMIT), float(LIMIT) / distance, "", note),
        Row(f"{name}, lowest tenth", points, LIMIT_POINTS, LIMIT_POINTS / max(points, 1e-9), "points", tenth),
    ]


def _figures(graph: SignedGraph, config: DatasetConfig, params: LabelParams, seed: int, **settings: object) -> _Figures:
    request = LabelRequest(
        "measured", params.model_copy(update={"num_samples": N}), config.sampler.model_copy(update=settings), seed
    )
    label = finish(sample_label(encode_config(graph, config), request))
    found = recount_rows(index_edges(graph), label.nodes, label.offsets)
    return _Figures(found.fractions.pos_frac, found.fractions.neg_frac, found.size)


def _distance(rows: _Figures, exact: _Figures) -> float:
    return max(float(ks_2samp(a, b).statistic) for a, b in zip(rows, exact, strict=True))


def _points(rows: _Figures, exact: _Figures, params: LabelParams) -> float:
    """By how many percentage points the share of rows in the lowest tenth of a range differs; the worse of the two."""
    worst = 0.0
    ranges = (params.pos_frac_range, params.neg_frac_range)
    for ours, true, (low, high) in zip(rows[:2], exact[:2], ranges, strict=True):
        edge = low + 0.1 * (high - low)
        worst = max(worst, 100 * abs(float((ours < edge).mean() - (true < edge).mean())))
    return worst

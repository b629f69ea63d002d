"""Counting each row's signed pairs again, from the edge list and with nothing shared with the sampler's kernels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.dataset.rows import Rows
from core.graph.model import Sign, SignedGraph
from core.sampler.configuration import DatasetConfig

_PAIRS_AT_ONCE = 4_000_000


class Recount(NamedTuple):
    """Per row, [R] each: pairs n(n-1)/2, + pairs, - pairs, and the fractions of them (0 without pairs)."""

    n_pairs: NDArray[np.int64]
    n_pos: NDArray[np.int64]
    n_neg: NDArray[np.int64]
    pos_frac: NDArray[np.float64]
    neg_frac: NDArray[np.float64]


def recount(graph: SignedGraph, rows: Rows) -> Recount:
    """Look every unordered pair of every row up in the graph's edges."""
    n_nodes = graph.n_nodes
    keys = graph.source.astype(np.int64) * n_nodes + graph.target  # sorted, as the edges are
    n_pos, n_neg = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    size = rows.size
    for n in np.unique(size[size >= 2]):
        first, second = np.triu_indices(int(n), 1)
        of_size = np.flatnonzero(size == n)
        step = max(1, _PAIRS_AT_ONCE // len(first))
        for start in range(0, len(of_size), step):
            some = of_size[start : start + step]
            nodes = rows.nodes[rows.offsets[some][:, None] + np.arange(n)].astype(np.int64)
            low = np.minimum(nodes[:, first], nodes[:, second])
            high = np.maximum(nodes[:, first], nodes[:, second])
            signs = _signs_of(low * n_nodes + high, keys, graph.sign)
            n_pos[some] = (signs == Sign.POSITIVE).sum(axis=1)
            n_neg[some] = (signs == Sign.NEGATIVE).sum(axis=1)
    n_pairs = size * (size - 1) // 2
    divisor = np.maximum(n_pairs, 1)
    return Recount(n_pairs, n_pos, n_neg, n_pos / divisor, n_neg / divisor)


def rows_in_range(rows: Rows, counted: Recount, config: DatasetConfig) -> NDArray[np.bool_]:
    """Which rows meet every hard constraint of their label: both fractions and every type's quota, bool [R]."""
    ranges = [config.label_params[name] for name in rows.labels]
    pos = np.array([params.pos_frac_range for params in ranges]).reshape(-1, 2)[rows.label]
    neg = np.array([params.neg_frac_range for params in ranges]).reshape(-1, 2)[rows.label]
    quotas = np.array([config.type_ranges[name] for name in rows.types]).reshape(-1, 2)
    counts = rows.type_counts()
    inside: NDArray[np.bool_] = (
        (counted.pos_frac >= pos[:, 0])
        & (counted.pos_frac <= pos[:, 1])
        & (counted.neg_frac >= neg[:, 0])
        & (counted.neg_frac <= neg[:, 1])
        & ((counts >= quotas[:, 0]) & (counts <= quotas[:, 1])).all(axis=1)
    )
    return inside


def _signs_of(wanted: NDArray[np.int64], keys: NDArray[np.int64], signs: NDArray[np.int8]) -> NDArray[np.int8]:
    if len(keys) == 0:
        return np.zeros(wanted.shape, dtype=np.int8)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, signs[place], np.int8(0))

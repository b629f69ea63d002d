"""What a row's + and - edges can come from: how many of its pairs join two modalities, and how dense those are."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.graph.model import Sign, SignedGraph
from core.sampler.fractions import n_pairs


@dataclass(frozen=True, slots=True)
class PairDensity:
    """Two modalities, named in catalogue order (the same one twice for pairs within it, which have no edges).

    `share_of_row`: of a random row's pairs, in expectation (0..1); `positive`, `negative`: share of the pairs between
    attributes of the types taking part that are + and -.
    """

    modality_a: str
    modality_b: str
    share_of_row: float
    positive: float
    negative: float


def pair_densities(graph: SignedGraph, type_ranges: dict[str, tuple[int, int]]) -> tuple[PairDensity, ...]:
    """Every two modalities that a row can hold, the one with the greatest share of a row's pairs first.

    The share is E[pairs between the two] / E[pairs of a row] under the law: counts uniform in their ranges.
    """
    names = graph.catalogue.modalities
    modality_of_type = {a.attribute_type: names.index(a.modality) for a in graph.catalogue.attributes}
    between, within = _expected_pairs(type_ranges, modality_of_type, len(names))
    total = max(float(between[np.triu_indices(len(names), 1)].sum() + within.sum()), 1e-300)
    counts, sizes = _edge_counts(graph, type_ranges, len(names))
    rows = [
        PairDensity(
            names[a],
            names[b],
            float(between[a, b]) / total,
            *(int(counts[sign, a, b]) / max(int(sizes[a] * sizes[b]), 1) for sign in (0, 1)),
        )
        for a, b in combinations(range(len(names)), 2)
        if between[a, b] > 0
    ]
    rows += [PairDensity(names[a], names[a], float(within[a]) / total, 0.0, 0.0) for a in np.flatnonzero(within)]
    return tuple(sorted(rows, key=lambda row: -row.share_of_row))


def _expected_pairs(
    type_ranges: dict[str, tuple[int, int]], modality_of_type: dict[str, int], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected pairs [M, M] between two modalities and [M] within one; counts of types are independent."""
    mean, within_type = np.zeros(n), np.zeros(n)
    squares = np.zeros(n)
    for name, (low, high) in type_ranges.items():
        sizes = np.arange(low, high + 1)
        mean[modality_of_type[name]] += sizes.mean()
        squares[modality_of_type[name]] += sizes.mean() ** 2
        within_type[modality_of_type[name]] += n_pairs(sizes).mean()
    return np.outer(mean, mean), within_type + (mean**2 - squares) / 2


def _edge_counts(
    graph: SignedGraph, type_ranges: dict[str, tuple[int, int]], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of + and - edges [2, M, M] between attributes taking part, and how many those are [M]."""
    attributes = graph.catalogue.attributes
    modality = np.array([graph.catalogue.modalities.index(a.modality) for a in attributes], dtype=np.int64)
    takes_part = np.array([a.attribute_type in type_ranges for a in attributes], dtype=np.bool_)
    kept = takes_part[graph.source] & takes_part[graph.target]
    ends = np.sort(np.stack([modality[graph.source[kept]], modality[graph.target[kept]]]), axis=0)
    counts = np.zeros((2, n, n), dtype=np.int64)
    np.add.at(counts, ((graph.sign[kept] == Sign.NEGATIVE).astype(np.int64), ends[0], ends[1]), 1)
    return counts, np.bincount(modality[takes_part], minlength=n)

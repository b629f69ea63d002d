"""How far clusters depend on chance: whether repeated runs put the same attributes together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FRAGILE_BELOW = 0.6  # mean adjusted Rand index under which a modality's clusters are called fragile
KEPT_SHARE = 0.9  # of the vectors' dimensions, in each repeated run

Labels = NDArray[np.int32]


def adjusted_rand(first: Labels, second: Labels) -> float:
    """Agreement of two groupings of the same n things: 1 the same, about 0 by chance (Hubert and Arabie, 1985).

    1 as well where neither grouping leaves anything to chance: all alone, or all together, in both.
    """
    n_groups = int(second.max()) + 1
    pairs_of = _n_pairs
    both = pairs_of(np.unique(first.astype(np.int64) * n_groups + second, return_counts=True)[1])
    in_first = pairs_of(np.unique(first, return_counts=True)[1])
    in_second = pairs_of(np.unique(second, return_counts=True)[1])
    all_pairs = len(first) * (len(first) - 1) / 2
    expected = in_first * in_second / all_pairs if all_pairs else 0.0
    highest = (in_first + in_second) / 2
    return 1.0 if highest == expected else float((both - expected) / (highest - expected))


def co_membership(runs: Sequence[Labels]) -> NDArray[np.float64]:
    """The share of runs in which two things share a group, [n, n] with ones on the diagonal; at least one run."""
    shared = np.zeros((len(runs[0]), len(runs[0])))
    for labels in runs:
        shared += labels[:, None] == labels[None, :]
    return shared / len(runs)


def group_stability(labels: Labels, runs: Sequence[Labels]) -> dict[int, float]:
    """Per group: the mean share of runs in which two of its members were together; of a group of one, was alone."""
    shared = co_membership(runs)
    return {int(group): _stability(np.flatnonzero(labels == group), shared, runs) for group in np.unique(labels)}


def mean_agreement(labels: Labels, runs: Sequence[Labels]) -> float:
    """Mean adjusted Rand index between a grouping and each repeated run."""
    return float(np.mean([adjusted_rand(labels, run) for run in runs]))


def thinned(vectors: NDArray[np.float32], run: int) -> NDArray[np.float32]:
    """The vectors [n, D] of a repeated run: `KEPT_SHARE` of their dimensions, drawn by the run's number alone.

    All dimensions are kept where leaving some out would leave a row without any direction.
    """
    n_dimensions = vectors.shape[1]
    n_kept = max(1, round(KEPT_SHARE * n_dimensions))
    kept = np.sort(np.random.default_rng(run).permutation(n_dimensions)[:n_kept])
    part = vectors[:, kept]
    return part if bool(part.any(axis=1).all()) else vectors


def _stability(members: NDArray[np.intp], shared: NDArray[np.float64], runs: Sequence[Labels]) -> float:
    if len(members) == 1:
        alone = [np.count_nonzero(labels == labels[members[0]]) == 1 for labels in runs]
        return float(np.mean(alone))
    block = shared[np.ix_(members, members)]
    return float(block[np.triu_indices(len(members), k=1)].mean())


def _n_pairs(counts: NDArray[np.int64]) -> float:
    return float((counts * (counts - 1) / 2).sum())

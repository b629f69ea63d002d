"""Numbers as ranks within the training rows, and back on their grid: any network's output has the right marginal.

A scale is the training column's distribution function as a polyline of (rank, value) points: level where many rows
share a value, upright where no value lies between two, sloped elsewhere. It holds quantiles, not rows.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from core.tabular.engines.rows import on_grid
from core.tabular.plain import PlainColumn

MOST_POINTS: Final = 1000  # quantiles kept of a column; a rank is then wrong by at most .0005
_LEAST_RANK: Final = 1e-5  # a normal score of -4.3


@dataclass(frozen=True, eq=False, slots=True)
class NumberScale:
    """`ranks` [K], from 0 to 1, and the `values` [K] there, both never falling; `column` says bounds and grid."""

    column: PlainColumn
    ranks: NDArray[np.float64]
    values: NDArray[np.float64]

    @property
    def n_values(self) -> int:
        """How many different values the points have; those of the column, up to `MOST_POINTS`."""
        return len(np.unique(self.values))

    def ranks_of(self, numbers: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Ranks in [0, 1] of numbers [R]; equal numbers get ranks drawn evenly over their share of the rows."""
        first = np.searchsorted(self.values, numbers, side="left")
        after = np.searchsorted(self.values, numbers, side="right")
        between = np.interp(numbers, *self._sloped())
        is_point = after > first
        last = len(self.ranks) - 1
        low = np.where(is_point, self.ranks[np.minimum(first, last)], between)
        high = np.where(is_point, self.ranks[np.clip(after - 1, 0, last)], between)
        return np.asarray(low + (high - low) * rng.random(len(numbers)), dtype=np.float64)

    def scores_of(self, numbers: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
        """The same as normal scores, float32 [R]: standard normal over the training rows."""
        ranks = np.clip(self.ranks_of(numbers, rng), _LEAST_RANK, 1 - _LEAST_RANK)
        return np.asarray(ndtri(ranks), dtype=np.float32)

    def at_ranks(self, ranks: NDArray[np.float64]) -> NDArray[np.float64]:
        """The numbers at ranks [R], on the column's grid and within its bounds."""
        return on_grid(np.interp(ranks, self.ranks, self.values), self.column)

    def at_scores(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        """The numbers at normal scores [R]."""
        return self.at_ranks(ndtr(scores.astype(np.float64)))

    def _sloped(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Each value once with the middle of its ranks: what numbers between two points are measured by."""
        values, first, counts = np.unique(self.values, return_index=True, return_counts=True)
        return values, (self.ranks[first] + self.ranks[first + counts - 1]) / 2


def fit_scale(column: PlainColumn, numbers: NDArray[np.float64]) -> NumberScale:
    """The scale of a training column [R], R >= 1: exact for up to `MOST_POINTS` values, by quantiles beyond."""
    values, counts = np.unique(numbers, return_counts=True)
    above = np.cumsum(counts) / len(numbers)
    below = np.concatenate([[0.0], above[:-1]])
    if len(values) > MOST_POINTS:
        is_heavy = counts > len(numbers) / MOST_POINTS
        is_cut = np.diff(np.floor(below * MOST_POINTS), prepend=-1.0) > 0
        is_cut[-1] = True
        light = is_cut & ~is_heavy
        middle = np.where(light, (below + above) / 2, 0.0)
        below, above = np.where(light, middle, below), np.where(light, middle, above)
        kept = is_cut | is_heavy
        values, below, above = values[kept], below[kept], above[kept]
    ranks = np.column_stack([below, above]).ravel()
    ranks[0], ranks[-1] = 0.0, 1.0
    return NumberScale(column, ranks, np.repeat(values, 2))

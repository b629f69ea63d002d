"""A number column cut into bins that hold about as many training rows each; a bin's number is a code."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.networks.scales import NumberScale


@dataclass(frozen=True, eq=False, slots=True)
class NumberBins:
    """K bins of a scale's ranks: `edges` [K + 1] rise from 0 to 1 and part no value, but where a value has many rows
    it has a bin to itself."""

    scale: NumberScale
    edges: NDArray[np.float64]

    @property
    def n_bins(self) -> int:
        """How many there are."""
        return len(self.edges) - 1

    def bins_of(self, numbers: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
        """The bin of each number [R]."""
        ranks = self.scale.ranks_of(numbers, rng)
        return np.clip(np.searchsorted(self.edges, ranks, side="right") - 1, 0, self.n_bins - 1).astype(np.int64)

    def at_bins(self, bins: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        """A number per bin [R], drawn as the training values lie within it."""
        low, high = self.edges[bins], self.edges[bins + 1]
        return self.scale.at_ranks(low + (high - low) * rng.random(len(bins)))


def fit_bins(scale: NumberScale, most: int) -> NumberBins:
    """About `most` bins at the most: one per value where there are no more values than that.

    Otherwise a value of at least 1 / `most` of the rows has a bin to itself, and the others share what is left.
    """
    ranks = np.unique(scale.ranks)
    if scale.n_values <= most or len(ranks) < 3:
        return NumberBins(scale, ranks)
    mass = np.diff(ranks)
    heavy = mass * most >= 1
    light_before = np.concatenate([[0.0], np.cumsum(np.where(heavy, 0.0, mass))[:-1]])
    n_light = max(most - 2 * int(heavy.sum()), 1)  # a heavy value may part a bin of light ones in two
    share = max(float(mass[~heavy].sum()), 1e-12) / n_light
    is_start = (np.diff(np.floor(light_before / share + 1e-9), prepend=-1.0) > 0) | heavy
    is_start[1:] |= heavy[:-1]
    return NumberBins(scale, np.append(ranks[:-1][is_start], 1.0))

"""Counts with noise: the only door from the rows to what is released."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.private.accounting import noise_for

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]

_KEPT_FROM = 3.0  # deviations of noise from which a code's count tells more than the noise does


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of a column's codes stay apart: `new_of` [K] maps a code to its own new code or to the shared last one."""

    new_of: Codes
    n_codes: int

    def shared(self, shares: Floats) -> Floats:
        """Shares of the old codes [K] as the mean over each new code's."""
        members = np.bincount(self.new_of, minlength=self.n_codes)
        means: Floats = np.bincount(self.new_of, weights=shares, minlength=self.n_codes) / members
        return means

    def one_of(self, new: Codes, shares: Floats, rng: np.random.Generator) -> Codes:
        """An old code behind each new one [R], by the shares [K] of the old codes that share it."""
        order = np.argsort(self.new_of, kind="stable")
        running = np.concatenate([[0.0], np.cumsum(shares[order])])
        bounds = np.searchsorted(self.new_of[order], np.arange(self.n_codes + 1))
        low, high = running[bounds[new]], running[bounds[new + 1]]
        places = np.searchsorted(running, low + rng.random(len(new)) * (high - low), side="right") - 1
        codes: Codes = order[np.clip(places, bounds[new], bounds[new + 1] - 1)].astype(np.int32)
        return codes


@dataclass(frozen=True, slots=True)
class Noisy:
    """Counts of one column or, [Ka, Kb], of a pair of columns; `deviation` of each count's noise."""

    columns: tuple[int, ...]
    counts: Floats
    deviation: Floats


def count_columns(codes: Sequence[Codes], sizes: Sequence[int], rho: float, rng: np.random.Generator) -> list[Noisy]:
    """Every column's counts, for `rho` in all."""
    noise = noise_for(rho / len(codes))
    noisy: list[Noisy] = []
    for number, (own, size) in enumerate(zip(codes, sizes, strict=True)):
        counts: Floats = np.bincount(own, minlength=size) + rng.normal(0, noise, size)
        noisy.append(Noisy((number,), counts, np.full(size, noise)))
    return noisy


def keep_frequent(noisy: Noisy) -> tuple[Kept, Noisy]:
    """Codes whose noisy count stands out stay; the others share one code, and their counts are added up."""
    stands_out = noisy.counts >= _KEPT_FROM * noisy.deviation
    n_kept = int(stands_out.sum())
    if n_kept >= len(noisy.counts) - 1:
        return Kept(np.arange(len(noisy.counts), dtype=np.int32), len(noisy.counts)), noisy
    new_of = np.where(stands_out, np.cumsum(stands_out) - 1, n_kept).astype(np.int32)
    counts = np.bincount(new_of, weights=noisy.counts, minlength=n_kept + 1).astype(np.float64)
    deviation: Floats = np.sqrt(np.bincount(new_of, weights=noisy.deviation**2, minlength=n_kept + 1))
    return Kept(new_of, n_kept + 1), Noisy(noisy.columns, counts, deviation)


def total_of(noisy: Sequence[Noisy]) -> float:
    """How many rows there are, from the columns' noisy counts; at least 1."""
    totals = np.array([one.counts.sum() for one in noisy])
    weights = 1 / np.array([(one.deviation**2).sum() for one in noisy])
    return max(float((totals * weights).sum() / weights.sum()), 1.0)


def shares_of(noisy: Noisy) -> Floats:
    """Noisy counts as shares: none negative, adding up to 1, even where no count is above 0."""
    counts = np.maximum(noisy.counts, 0)
    return counts / counts.sum() if counts.sum() > 0 else np.full(counts.shape, 1 / counts.size)

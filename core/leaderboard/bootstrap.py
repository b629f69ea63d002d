"""How far chance may have moved a macro F1: the bootstrap of its counts.

Resampling n scored rows with replacement is drawing the cells of the confusion matrix from a multinomial with their
observed shares (Efron and Tibshirani 1993, chapter 6), so 2,000 resamples cost the same for any number of rows.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.intervals import Interval
from core.leaderboard.metrics import macro_f1_of

N_DRAWS: Final = 2_000
SEED: Final = 20_150_701  # the same counts have the same interval, whoever asks
_ENDS: Final = (0.025, 0.975)
_MAX_NUMBERS: Final = 4_000_000  # counts held at once


class Difference(NamedTuple):
    """How much higher the first of two macro F1 is: the estimate, its standard error, the ends of its 95 % interval."""

    estimate: float
    error: float
    low: float
    high: float


def score_interval(confusion: NDArray[np.int64], n_draws: int = N_DRAWS, seed: int = SEED) -> Interval:
    """The macro F1 of a confusion matrix, int64 [K, K], with its 95 % percentile interval.

    Predictions without any error have an interval without width: among n rows that says less than 3 / n errors are
    likely. `[0, 1]` around 0 without rows.
    """
    if not confusion.any():
        return Interval(0.0, 0.0, 1.0)
    estimate = float(macro_f1_of(confusion))
    rng, scores = np.random.default_rng(seed), np.empty(n_draws)
    for part in _parts(n_draws, confusion.size):
        scores[part] = macro_f1_of(_resampled(rng, confusion, part.stop - part.start))
    low, high = np.quantile(scores, _ENDS)
    return Interval(estimate, float(low), float(high))


def paired_difference(
    true: NDArray[np.int8],
    first: NDArray[np.int8],
    second: NDArray[np.int8],
    n_labels: int,
    n_draws: int = N_DRAWS,
    seed: int = SEED,
) -> Difference:
    """The first macro F1 less the second, of predictions (int8 [R]) of the same rows, resampled row by row.

    Both are counted in one table of (true, first, second), so rows that are hard for both move both alike.
    """
    cells = (true.astype(np.intp) * n_labels + first) * n_labels + second
    counts = np.bincount(cells, minlength=n_labels**3).reshape((n_labels,) * 3)
    estimate = float(_gap(counts))
    if not counts.any():
        return Difference(0.0, 0.0, -1.0, 1.0)
    rng, gaps = np.random.default_rng(seed), np.empty(n_draws)
    for part in _parts(n_draws, counts.size):
        gaps[part] = _gap(_resampled(rng, counts, part.stop - part.start))
    low, high = np.quantile(gaps, _ENDS)
    return Difference(estimate, float(gaps.std(ddof=1)), float(low), float(high))


def _gap(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """[...] of [..., K, K, K] counts by true label, first and second prediction."""
    return np.asarray(macro_f1_of(counts.sum(axis=-1)) - macro_f1_of(counts.sum(axis=-2)), dtype=np.float64)


def _resampled(rng: np.random.Generator, counts: NDArray[np.int64], n_draws: int) -> NDArray[np.int64]:
    """Tables of as many rows drawn from the shares of `counts`: int64 [n_draws, *counts.shape]."""
    flat = counts.ravel()
    held = np.flatnonzero(flat)
    drawn = np.zeros((n_draws, flat.size), dtype=np.int64)
    drawn[:, held] = rng.multinomial(int(flat.sum()), flat[held] / flat.sum(), size=n_draws)
    return drawn.reshape(n_draws, *counts.shape)


def _parts(n_draws: int, size: int) -> list[slice]:
    step = max(1, _MAX_NUMBERS // size)
    return [slice(start, min(start + step, n_draws)) for start in range(0, n_draws, step)]

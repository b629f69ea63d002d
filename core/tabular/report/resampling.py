"""Figures of a model on the holdout, with intervals from holdout rows drawn anew; ratios over the same draws."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.drawing import random_for
from core.tabular.report.frozen import Interval

_DRAWS: Final = 300


class Scores(NamedTuple):
    """AUC and average precision: of the rows as they are, and of every draw, float64 [draws]."""

    auc: float
    precision: float
    drawn_auc: NDArray[np.float64]
    drawn_precision: NDArray[np.float64]


def scores_of(labels: NDArray[np.bool_], chances: NDArray[np.float64], seed: int) -> Scores:
    """Both figures over 300 draws with replacement, positives and negatives apart; the same seed draws the same rows.

    Average precision is the sum of precision times gain in recall over the different chances, best first.
    """
    _, tied = np.unique(-chances, return_inverse=True)
    n_ties = int(tied.max()) + 1
    whole = _both(np.bincount(tied[labels], minlength=n_ties), np.bincount(tied[~labels], minlength=n_ties))
    rng = random_for(seed, "resampling")
    rows = [np.flatnonzero(labels), np.flatnonzero(~labels)]
    drawn = np.empty((_DRAWS, 2))
    for draw in range(_DRAWS):
        counts = [np.bincount(tied[rng.choice(side, len(side))], minlength=n_ties) for side in rows]
        drawn[draw] = _both(counts[0], counts[1])
    return Scores(whole[0], whole[1], drawn[:, 0], drawn[:, 1])


def _both(positive: NDArray[np.int64], negative: NDArray[np.int64]) -> tuple[float, float]:
    """AUC and average precision from counts at each different chance, highest chance first."""
    n_positive, n_negative = positive.sum(), negative.sum()
    above = np.cumsum(positive)
    auc = ((above - positive / 2) * negative).sum() / (n_positive * n_negative)
    called = above + np.cumsum(negative)
    precision = (positive * np.divide(above, called, out=np.zeros(len(called)), where=called > 0)).sum() / n_positive
    return float(auc), float(precision)


def interval_of(value: float, drawn: NDArray[np.float64]) -> Interval:
    """The middle 95 % of the draws around a value."""
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value=value, low=min(float(low), value), high=max(float(high), value))


def ratio_of(value: float, real: float, drawn: NDArray[np.float64], real_drawn: NDArray[np.float64]) -> Interval:
    """One figure divided by another of the same draws; a real figure of 0 counts as the smallest there is."""
    least = 1e-9
    return interval_of(value / max(real, least), drawn / np.maximum(real_drawn, least))

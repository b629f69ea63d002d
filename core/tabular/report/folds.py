"""Rows dealt into folds, and AUC with its interval."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from core.tabular.report.drawing import random_for
from core.tabular.report.frozen import Interval

Z_95 = 1.959964


def stratified_folds(labels: NDArray[np.bool_], n_folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of every row, int64 [R]: each has its share of both labels."""
    rng = random_for(seed, "folds")
    folds = np.empty(len(labels), dtype=np.int64)
    for label in (False, True):
        rows = rng.permutation(np.flatnonzero(labels == label))
        folds[rows] = np.arange(len(rows)) % n_folds
    return folds


def auc_of(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Chance that a positive row scores above a negative one, ties counting half; .5 where one kind is absent."""
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    if not n_positive or not n_negative:
        return 0.5
    ranks = rankdata(scores)
    return float((ranks[labels].sum() - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def auc_interval(labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> Interval:
    """AUC with DeLong's 95 % interval (Biometrics 44, 1988; computed by ranks as in Sun and Xu, 2014)."""
    positive, negative = scores[labels], scores[~labels]
    if len(positive) < 2 or len(negative) < 2:
        return Interval(value=auc_of(labels, scores), low=0.0, high=1.0)
    together = rankdata(np.concatenate([positive, negative]))
    above = (together[: len(positive)] - rankdata(positive)) / len(negative)
    below = 1 - (together[len(positive) :] - rankdata(negative)) / len(positive)
    value = float(above.mean())
    spread = Z_95 * float(np.sqrt(above.var(ddof=1) / len(positive) + below.var(ddof=1) / len(negative)))
    return Interval(value=value, low=max(value - spread, 0.0), high=min(value + spread, 1.0))


def share_interval(hits: float, n: int) -> Interval:
    """A share with Wilson's 95 % interval (JASA 22, 1927); `hits` may count halves."""
    share = hits / n
    centre = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 * float(np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))) / (1 + Z_95**2 / n)
    return Interval(value=share, low=min(max(centre - half, 0.0), share), high=max(min(centre + half, 1.0), share))


def clustered_interval(hits: NDArray[np.float64], clusters: NDArray[np.int64]) -> Interval:
    """A mean of `hits`, [R], with the 95 % interval where rows of one cluster are hit or missed together."""
    share = float(hits.mean())
    pulls = np.bincount(clusters, weights=(hits - share) / len(hits))
    spread = Z_95 * float(np.sqrt((pulls**2).sum()))
    return Interval(value=share, low=max(share - spread, 0.0), high=min(share + spread, 1.0))

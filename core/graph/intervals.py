"""Confidence intervals for shares that were measured on a sample of pairs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit  # scipy.stats takes half a second to import

from core.errors import ValenceError


class Interval(NamedTuple):
    """An estimated share with the ends of its confidence interval, all in 0..1 where the share itself is."""

    estimate: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies inside, ends included."""
        return self.low <= value <= self.high


NOTHING_KNOWN = Interval(float("nan"), 0.0, 1.0)


def wilson(k: float, n: float, confidence: float = 0.95) -> Interval:
    """The score interval of `k` hits in `n` independent trials (Wilson 1927); [0, 1] without trials.

    Too narrow for pairs that share an attribute: use `cluster_t` or `clustered_share` for those.
    """
    if n < 0 or not 0 <= k <= n:
        raise ValenceError(f"{k} hits in {n} trials are no share.", "Count the hits among the trials.")
    if n == 0:
        return NOTHING_KNOWN
    z = float(ndtri(0.5 + confidence / 2))
    share, spread = k / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * float(np.sqrt(share * (1 - share) / n + spread / (4 * n))) / (1 + spread)
    # At no hits or only hits the interval ends at the share itself; rounding must not move it inside.
    return Interval(share, 0.0 if k == 0 else max(0.0, middle - half), 1.0 if k == n else min(1.0, middle + half))


def cluster_t(
    values: ArrayLike, clusters: ArrayLike, confidence: float = 0.95, weights: ArrayLike | None = None
) -> Interval:
    """The t interval of sum(values) / sum(weights) when values of one cluster err together.

    Linearised ratio with the variance between cluster totals, G / (G - 1) * sum_g(u_g^2) / sum(weights)^2, where
    u_g = sum over cluster g of (value - ratio * weight), and G - 1 degrees of freedom (Cochran, Sampling Techniques,
    3rd ed., section 9A and 6.3). Without `weights` each value weighs 1 and the ratio is the mean. [-inf, inf] around
    the estimate with fewer than two clusters; not clipped, since values may be anything.
    """
    y = np.asarray(values, dtype=np.float64)
    w = np.ones_like(y) if weights is None else np.asarray(weights, dtype=np.float64)
    names, number = np.unique(np.asarray(clusters), return_inverse=True)
    if not len(y) == len(w) == len(number):
        raise ValenceError(f"{len(y)} values, {len(w)} weights and {len(number)} clusters do not go together.")
    total = float(w.sum())
    if total <= 0:
        return Interval(float("nan"), -np.inf, np.inf)
    ratio, n_clusters = float(y.sum()) / total, len(names)
    if n_clusters < 2:
        return Interval(ratio, -np.inf, np.inf)
    errors = np.bincount(number, weights=y - ratio * w, minlength=n_clusters)
    error = float(np.sqrt(n_clusters / (n_clusters - 1) * np.square(errors).sum())) / total
    half = t_quantile(confidence, n_clusters - 1) * error
    return Interval(ratio, ratio - half, ratio + half)


def t_quantile(confidence: float, degrees_of_freedom: float) -> float:
    """How many standard errors a two-sided t interval reaches to each side; of the normal one at infinity."""
    if np.isinf(degrees_of_freedom):
        return float(ndtri(0.5 + confidence / 2))
    return float(stdtrit(degrees_of_freedom, 0.5 + confidence / 2))


def clustered_share(hits: ArrayLike, clusters: ArrayLike, confidence: float = 0.95) -> Interval:
    """The interval of a share of hits (bool [n]) that come in clusters, inside [0, 1]; [0, 1] without any.

    `cluster_t`, and never narrower than Wilson's. Where all hits are alike `cluster_t` sees no spread at all: then each
    cluster counts as one trial, as it would if its members always erred together.
    """
    y = np.asarray(hits, dtype=np.float64)
    if len(y) == 0:
        return NOTHING_KNOWN
    n_clusters = len(np.unique(np.asarray(clusters)))
    share = float(y.mean())
    if share in (0.0, 1.0):
        return wilson(share * n_clusters, n_clusters, confidence)
    by_cluster, alone = cluster_t(y, clusters, confidence), wilson(float(y.sum()), len(y), confidence)
    return Interval(share, max(0.0, min(by_cluster.low, alone.low)), min(1.0, max(by_cluster.high, alone.high)))

"""How good the graph is: what the audit's random answers say of the pairs that nobody was asked about.

Each figure is a ratio of two totals over all candidate pairs. Over asked pairs a total is the sum of what the model and
the pair's own answer make probable. Over the rest it is what the model expects, corrected by the audit: by the weighted
mean of what the audited pairs turned out to be less what the model expected of them before (a difference estimator,
Cochran, section 7.11), times the number of the rest. An audited answer may be wrong itself: with noise e,
(1[said c] - e / 2) / (1 - 1.5 e) has the mean that 1[truth is c] would have.

Three sources of error are added up: the audit's, between the primaries of its calls (`cluster_t`); the model's over
asked pairs, widened by how much its errors cluster by primary; and that of the noise itself.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.intervals import Interval, cluster_t, t_quantile
from core.graph.strategies.adaptive.calibration import Beliefs, posterior
from core.graph.strategies.adaptive.report import Quality

NEUTRAL = 1  # the class of a neutral pair


class Sample(NamedTuple):
    """What is known of each pair, all [P].

    `classes`: int8, the answer's outcome plus one, -1 without one; `primary`: int32, of the call that asked, -1 without
    one; `is_open`: nobody was asked; `is_audited`: answered in the audit; `chance`: float64, of being audited, up to a
    factor; `before`, `after`: int8, class in the graph before and after the audit, -1 where left out.
    """

    classes: NDArray[np.int8]
    primary: NDArray[np.int32]
    is_open: NDArray[np.bool_]
    is_audited: NDArray[np.bool_]
    chance: NDArray[np.float64]
    before: NDArray[np.int8]
    after: NDArray[np.int8]


class _Terms(NamedTuple):
    """Of a ratio: what each pair adds above and below the line, float64 [P]; meant for asked or for audited pairs."""

    above: NDArray[np.float64]
    below: NDArray[np.float64]


def estimate_quality(beliefs: Beliefs, sample: Sample, confidence: float) -> Quality:
    """Recall, precision and sign precision of the graph `sample.after`; `beliefs` are those from before the audit."""
    return Quality(*(_interval(kind, beliefs, sample, confidence) for kind in Quality._fields))


def expected_recall(probable: NDArray[np.float64], graph: NDArray[np.int8]) -> float:
    """The recall that the model's own probabilities, [P, 3], make one expect of a graph; 1 where it expects no edge."""
    is_edge = 1 - probable[:, NEUTRAL]
    total = float(is_edge.sum())
    return float(is_edge[_in_graph(graph)].sum()) / total if total > 0 else 1.0


def _interval(kind: str, beliefs: Beliefs, sample: Sample, confidence: float) -> Interval:
    ratio, total = _ratio(kind, beliefs, sample)
    if np.isnan(ratio):
        return Interval(float("nan"), 0.0, 1.0)
    n_open, audited = int(sample.is_open.sum()), np.flatnonzero(sample.is_audited)
    n_clusters = len(np.unique(sample.primary[audited]))
    if n_open and n_clusters < 2:
        return Interval(float(np.clip(ratio, 0, 1)), 0.0, 1.0)
    reach = t_quantile(confidence, n_clusters - 1 if n_open else np.inf)
    spreads = [
        n_open * _audit_reach(kind, ratio, beliefs, sample, confidence) if n_open else 0.0,
        reach * _model_error(kind, ratio, beliefs, sample),
        reach * _noise_error(kind, beliefs, sample) * total,
    ]
    half = float(np.sqrt(np.square(spreads).sum())) / total
    low, middle, high = np.clip([ratio - half, ratio, ratio + half], 0.0, 1.0).tolist()
    return Interval(middle, low, high)


def _ratio(kind: str, beliefs: Beliefs, sample: Sample) -> tuple[float, float]:
    """The estimated ratio and the total below its line; NaN where that is not above 0."""
    known = _asked_terms(kind, beliefs, sample)
    expected = _terms(kind, beliefs.prior, sample.after)
    totals = [float(known[side].sum() + expected[side][sample.is_open].sum()) for side in range(2)]
    audited = np.flatnonzero(sample.is_audited)
    if len(audited):
        surprise = _surprise(kind, beliefs, sample)
        weight, n_open = 1 / sample.chance[audited], int(sample.is_open.sum())
        for side in range(2):
            totals[side] += n_open * float(np.average(surprise[side][audited], weights=weight))
    return (totals[0] / totals[1], totals[1]) if totals[1] > 0 else (float("nan"), 0.0)


def _asked_terms(kind: str, beliefs: Beliefs, sample: Sample) -> _Terms:
    """Of pairs with an answer, by their posterior; 0 elsewhere."""
    terms = _terms(kind, posterior(beliefs, sample.classes), sample.after)
    is_answered = sample.classes >= 0
    return _Terms(terms.above * is_answered, terms.below * is_answered)


def _surprise(kind: str, beliefs: Beliefs, sample: Sample) -> _Terms:
    """Of audited pairs as the graph had them before: by their answers, less what the model expected."""
    said = np.zeros_like(beliefs.prior)
    answered = np.flatnonzero(sample.classes >= 0)
    said[answered, sample.classes[answered]] = 1.0
    truth = (said - beliefs.noise / 2) / (1 - 1.5 * beliefs.noise)
    seen, expected = _terms(kind, truth, sample.before), _terms(kind, beliefs.prior, sample.before)
    return _Terms(seen.above - expected.above, seen.below - expected.below)


def _terms(kind: str, truth: NDArray[np.float64], graph: NDArray[np.int8]) -> _Terms:
    """`truth`: how far each pair is -, 0 or +, [P, 3], rows adding up to 1."""
    in_graph = _in_graph(graph)
    is_edge = 1 - truth[:, NEUTRAL]
    if kind == "recall":
        return _Terms(is_edge * in_graph, is_edge)
    if kind == "precision":
        return _Terms(is_edge * in_graph, in_graph.astype(np.float64))
    same = np.take_along_axis(truth, np.maximum(graph, 0)[:, None].astype(np.int64), axis=1)[:, 0]
    return _Terms(same * in_graph, in_graph.astype(np.float64))


def _in_graph(graph: NDArray[np.int8]) -> NDArray[np.bool_]:
    return np.asarray((graph >= 0) & (graph != NEUTRAL))


def _audit_reach(kind: str, ratio: float, beliefs: Beliefs, sample: Sample, confidence: float) -> float:
    """Half the t interval of what an open pair adds to the ratio, per pair.

    Where no audited pair errs there is no spread to see; it is never taken to be less than Wilson's interval of no
    hits leaves open.
    """
    audited = np.flatnonzero(sample.is_audited)
    surprise = _surprise(kind, beliefs, sample)
    weight = 1 / sample.chance[audited]
    errors = weight * (surprise.above - ratio * surprise.below)[audited]
    interval = cluster_t(errors, sample.primary[audited], confidence, weight)
    z_squared = t_quantile(confidence, np.inf) ** 2
    n_effective = len(audited) / _clustering(beliefs, sample)
    return max((interval.high - interval.low) / 2, z_squared / (n_effective + z_squared))


def _model_error(kind: str, ratio: float, beliefs: Beliefs, sample: Sample) -> float:
    """Standard error of the asked pairs' part, from how undecided each is left by its own answer."""
    probable = posterior(beliefs, sample.classes)
    in_graph = _in_graph(sample.after)
    if kind == "sign_precision":
        right = np.take_along_axis(probable, np.maximum(sample.after, 0)[:, None].astype(np.int64), axis=1)[:, 0]
        variance = right * (1 - right) * in_graph
    else:
        edge = 1 - probable[:, NEUTRAL]
        missing = 0.0 if kind == "precision" else ratio**2
        found = 1.0 if kind == "precision" else (1 - ratio) ** 2
        variance = edge * (1 - edge) * np.where(in_graph, found, missing)
    return float(np.sqrt(variance[sample.classes >= 0].sum() * _clustering(beliefs, sample)))


def _noise_error(kind: str, beliefs: Beliefs, sample: Sample) -> float:
    """By how much the ratio moves when the noise is one standard error higher rather than lower, halved."""
    shifted = [
        _ratio(kind, beliefs._replace(noise=float(np.clip(beliefs.noise + step, 0.0, 0.5))), sample)[0]
        for step in (-beliefs.noise_error, beliefs.noise_error)
    ]
    return abs(shifted[1] - shifted[0]) / 2


def _clustering(beliefs: Beliefs, sample: Sample) -> float:
    """How much more the totals of a primary's errors vary than if they were independent; at least 1.

    Errors are those of predicting, without a pair's own answer, whether the answer is an edge.
    """
    answered = np.flatnonzero(sample.classes >= 0)
    if not len(answered):
        return 1.0
    is_edge = 1 - beliefs.prior[answered, NEUTRAL]
    expected = (1 - 1.5 * beliefs.noise) * is_edge + beliefs.noise
    error = (sample.classes[answered] != NEUTRAL) - expected
    totals = np.bincount(sample.primary[answered], weights=error)
    independent = float(np.square(error).sum())
    return max(1.0, float(np.square(totals).sum()) / independent) if independent > 0 else 1.0

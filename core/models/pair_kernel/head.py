"""From a row's estimated contrasts to the chances of its labels: a small multinomial logistic regression.

It sees the contrasts with their squares and products, the row's size, how much of the row is missing, and the share of
its pairs with an attribute that no training row held. It is fitted on rows whose labels the estimates have not seen.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from core.models.pair_kernel.rows import HeadRows

_RIDGE: Final = 1e-3  # on weights of standardised features, beside a sum over rows: only keeps them finite
_MOST_FLIPPED: Final = 0.45
_START_FLIPPED: Final = 0.02


@dataclass(frozen=True, eq=False)
class Head:
    """Fitted weights, float64 [1 + F, K], of features that `centre` and `scale`, float64 [F], standardise.

    `flipped`: the share of training labels that seem to be another label's, 0 where there is no sign of any.
    """

    weights: NDArray[np.float64]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    mean_size: float
    flipped: float

    def chances(self, rows: HeadRows, of_given_label: bool = False) -> NDArray[np.float64]:
        """Chances of each row's true label, or of the label that it is given where some are flipped: [R, K]."""
        scores = _standardised(_features(rows, self.mean_size), self.centre, self.scale) @ self.weights
        chances = np.asarray(softmax(scores, axis=1), dtype=np.float64)
        return _flip(chances, self.flipped) if of_given_label else chances


def fit_head(rows: HeadRows, label: NDArray[np.int32], weight: NDArray[np.float64], n_labels: int) -> Head:
    """Fit by maximum likelihood; `weight`, float64 [R]: how much each row counts.

    Labels are first taken as true, then as flipped to any other label by an unknown chance. The chance is believed
    where it makes the labels likelier by more than the logarithm of the number of rows (Schwarz's criterion, twice
    over: sharp labels must not look flipped by accident).
    """
    mean_size = float(rows.sizes.mean())
    raw = _features(rows, mean_size)
    centre, scale = raw.mean(axis=0), raw.std(axis=0)
    scale[scale < 1e-9] = 1.0
    features = _standardised(raw, centre, scale)
    start = np.zeros((features.shape[1], n_labels))
    plain = _fit(_Problem(features, label, weight, n_labels), start, None)
    flipping = _fit(_Problem(features, label, weight, n_labels), plain.weights, _START_FLIPPED)
    chosen = flipping if plain.loss - flipping.loss > np.log(max(weight.sum(), 2.0)) else plain
    return Head(chosen.weights, centre, scale, mean_size, chosen.flipped)


class _Problem(NamedTuple):
    features: NDArray[np.float64]
    label: NDArray[np.int32]
    weight: NDArray[np.float64]
    n_labels: int


class _Fit(NamedTuple):
    weights: NDArray[np.float64]
    flipped: float
    loss: float


def _fit(problem: _Problem, start: NDArray[np.float64], flipped: float | None) -> _Fit:
    """Minimise the loss from `start`; with `flipped`, over that chance too, through its logit below the most."""
    shape = start.shape
    first = [] if flipped is None else [np.log(flipped / (_MOST_FLIPPED - flipped))]

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        share = 0.0 if flipped is None else _MOST_FLIPPED / (1.0 + np.exp(-point[-1]))
        value, by_weights, by_share = _loss(problem, point[: start.size].reshape(shape), share)
        slope = [] if flipped is None else [by_share * share * (1.0 - share / _MOST_FLIPPED)]
        return value, np.concatenate((by_weights.ravel(), slope))

    found = minimize(
        loss, np.concatenate((start.ravel(), first)), jac=True, method="L-BFGS-B", options={"maxiter": 400}
    )
    share = 0.0 if flipped is None else float(_MOST_FLIPPED / (1.0 + np.exp(-found.x[-1])))
    return _Fit(found.x[: start.size].reshape(shape), share, float(found.fun))


def _loss(problem: _Problem, weights: NDArray[np.float64], share: float) -> tuple[float, NDArray[np.float64], float]:
    """Minus the log-likelihood of the given labels, and its slopes by the weights and by the share flipped."""
    features, label, weight, n_labels = problem
    rows = np.arange(len(label))
    log_chances = log_softmax(features @ weights, axis=1)
    chances = np.exp(log_chances)
    own = chances[rows, label]
    to_other = share / (n_labels - 1)
    given = (1.0 - share) * own + to_other * (1.0 - own)
    log_given = log_chances[rows, label] if share == 0.0 else np.log(given)
    value = -float((weight * log_given).sum()) + 0.5 * _RIDGE * float((weights**2).sum())
    pull = -weight if share == 0.0 else -weight * (1.0 - share - to_other) * own / given
    slope = -chances * pull[:, None]
    slope[rows, label] += pull
    by_share = 0.0 if share == 0.0 else -float((weight * ((1.0 - own) / (n_labels - 1) - own) / given).sum())
    return value, features.T @ slope + _RIDGE * weights, by_share


def _flip(chances: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.asarray((1.0 - share) * chances + share * (1.0 - chances) / (chances.shape[1] - 1), dtype=np.float64)


def _features(rows: HeadRows, mean_size: float) -> NDArray[np.float64]:
    """Float64 [R, F], not standardised."""
    estimates = rows.estimates
    i, j = np.triu_indices(estimates.shape[1])
    products = estimates[:, i] * estimates[:, j]
    signs = (np.log(np.maximum(rows.sizes, 1) / mean_size), rows.missing, rows.unseen)
    shaped = [part for sign in signs for part in (sign[:, None], sign[:, None] ** 2, sign[:, None] * estimates)]
    return np.hstack([estimates, products, *shaped])


def _standardised(
    raw: NDArray[np.float64], centre: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """With a first column of ones."""
    return np.hstack([np.ones((len(raw), 1)), (raw - centre) / scale])

"""From predicted answers to beliefs about what is true, and how noisy the answers are.

An answer is taken to be the pair's true outcome with probability 1 - noise and each other outcome with noise / 2. The
truth is modelled as softmax(bias + sum_m weight_m * log p_m) of the out-of-fold predictions p_m; weights, biases and
noise together maximise the likelihood of the answers. Where the predictions are sure, disagreement is noise: this is
what tells the two apart.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax

_LEAST = 3e-3  # predictions of trees say little about odds beyond 1 in 300
_MOST_NOISE = 0.5
_RIDGE = 1e-3  # keeps weights finite where the predictions are right throughout
_FIRST_NOISE = -1.5  # on the logistic scale: 9 %
_LEAST_LOGIT = -9.0  # noise of 1 in 16,000: below it the likelihood is flat
_STEP = 1e-3


class Beliefs(NamedTuple):
    """Probabilities of -, 0, + for each pair without its own answer, float64 [P, 3]; the share of wrong answers.

    `noise_error`: its standard error, from the curvature of the likelihood.
    """

    prior: NDArray[np.float64]
    noise: float
    noise_error: float


class _Cost(NamedTuple):
    value: float
    gradient: NDArray[np.float64]


def calibrate(predictions: list[NDArray[np.float64]], classes: NDArray[np.int8]) -> Beliefs:
    """Weigh predictions [P, 3] by the answers (int8 [P], -1 for none); at least one answer is needed."""
    logs = [_log_shares(prediction) for prediction in predictions]
    answered = np.flatnonzero(classes >= 0)
    known = [log[answered] for log in logs]
    given = classes[answered].astype(np.int64)

    def cost(theta: NDArray[np.float64]) -> _Cost:
        return _cost(theta, known, given)

    start = np.array([_FIRST_NOISE, 0.0, 0.0, *([1 / len(logs)] * len(logs))])
    bounds = [(_LEAST_LOGIT, None), *([(None, None)] * (len(start) - 1))]
    theta = minimize(cost, start, method="L-BFGS-B", jac=True, bounds=bounds).x
    chance = float(expit(theta[0]))
    slope = _MOST_NOISE * chance * (1 - chance)
    error = slope * float(np.sqrt(np.linalg.pinv(_curvature(cost, theta), hermitian=True)[0, 0].clip(0)))
    return Beliefs(np.exp(log_softmax(_blend(theta, logs), axis=1)), _MOST_NOISE * chance, error)


def posterior(beliefs: Beliefs, classes: NDArray[np.int8]) -> NDArray[np.float64]:
    """Probabilities of -, 0, + given also each pair's own answer, float64 [P, 3]; `classes` as in `calibrate`."""
    likelihood = np.full_like(beliefs.prior, beliefs.noise / 2)
    answered = np.flatnonzero(classes >= 0)
    likelihood[answered, classes[answered]] = 1 - beliefs.noise
    likelihood[classes < 0] = 1.0
    weighed = beliefs.prior * np.maximum(likelihood, 1e-9)
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def expected_gain(beliefs: Beliefs) -> NDArray[np.float64]:
    """By how much one answer is expected to raise the chance of the right outcome, pair by pair, float64 [P], >= 0.

    sum over answers a of max_t P(t) P(a | t), less max_t P(t). It is 0 where no answer would change the outcome taken.
    """
    miss, hit = beliefs.noise / 2, 1 - beliefs.noise
    reached = np.zeros(len(beliefs.prior))
    for said in range(beliefs.prior.shape[1]):
        likelihood = np.full(beliefs.prior.shape[1], miss)
        likelihood[said] = hit
        reached += (beliefs.prior * likelihood).max(axis=1)
    return np.asarray(np.maximum(reached - beliefs.prior.max(axis=1), 0.0))


def _log_shares(prediction: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.maximum(prediction, _LEAST)
    return np.asarray(np.log(raised / raised.sum(axis=1, keepdims=True)))


def _blend(theta: NDArray[np.float64], logs: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Unnormalised log probabilities; theta = logistic noise, bias of -, bias of +, one weight per prediction."""
    mixed = sum((weight * log for weight, log in zip(theta[3:], logs, strict=True)), np.zeros_like(logs[0]))
    return np.asarray(mixed + np.array([theta[1], 0.0, theta[2]]))


def _cost(theta: NDArray[np.float64], known: list[NDArray[np.float64]], given: NDArray[np.int64]) -> _Cost:
    """Minus the log likelihood of the answers `given`, int64 [A], with a ridge on all but the noise; its gradient."""
    rows = np.arange(len(given))
    prior = np.exp(log_softmax(_blend(theta, known), axis=1))
    chance = float(expit(theta[0]))
    noise, hit = _MOST_NOISE * chance, prior[rows, given]
    said = np.maximum((1 - 1.5 * noise) * hit + noise / 2, 1e-12)
    pull = -(1 - 1.5 * noise) * hit / said  # of the answer's own score; the others share it in reverse
    by_score = -pull[:, None] * prior
    by_score[rows, given] += pull
    by_noise = -((0.5 - 1.5 * hit) / said).sum() * _MOST_NOISE * chance * (1 - chance)
    weights = [float((by_score * log).sum()) for log in known]
    gradient = np.array([by_noise, by_score[:, 0].sum(), by_score[:, 2].sum(), *weights])
    ridge = _RIDGE * len(given)
    gradient[1:] += ridge * theta[1:]
    return _Cost(float(-np.log(said).sum() + ridge * np.square(theta[1:]).sum() / 2), gradient)


def _curvature(cost: Callable[[NDArray[np.float64]], _Cost], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Second derivatives, [K, K], by central differences of the gradient."""
    steps = np.eye(len(at)) * _STEP
    slopes = np.array([(cost(at + step).gradient - cost(at - step).gradient) / (2 * _STEP) for step in steps])
    return np.asarray((slopes + slopes.T) / 2)

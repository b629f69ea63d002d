import numpy as np
import pytest
from scipy.optimize import approx_fprime

from core.graph.strategies.adaptive.calibration import Beliefs, _cost, calibrate, expected_gain, posterior


def _world(noise, n=6_000, seed=1):
    """True classes drawn from known probabilities, and answers with noise."""
    rng = np.random.default_rng(seed)
    score = rng.normal(scale=4.0, size=(n, 3))
    true_share = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    truth = (rng.random(n)[:, None] > true_share.cumsum(axis=1)).sum(axis=1)
    said = np.where(rng.random(n) < noise, (truth + rng.integers(1, 3, n)) % 3, truth)
    return true_share, truth, said.astype(np.int8)


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.10, 0.25])
def test_the_noise_is_found_from_the_answers_alone(noise):
    share, _, said = _world(noise)
    blurred = np.sqrt(share) / np.sqrt(share).sum(axis=1, keepdims=True)  # a model that is not sure enough
    found = calibrate([blurred], said)
    assert abs(found.noise - noise) < 3 * found.noise_error + 0.004
    assert found.noise_error < 0.02


def test_probabilities_come_out_as_often_as_they_say():
    share, truth, said = _world(0.1, n=20_000)
    blurred = np.sqrt(share) / np.sqrt(share).sum(axis=1, keepdims=True)
    beliefs = calibrate([blurred], said)
    for probable in (beliefs.prior, posterior(beliefs, said)):
        chance, is_right = probable.max(axis=1), probable.argmax(axis=1) == truth
        for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1.0)):
            within = (chance >= low) & (chance < high)
            assert abs(is_right[within].mean() - chance[within].mean()) < 0.04


def test_a_prediction_that_says_nothing_gets_no_weight():
    share, _, said = _world(0.1)
    noise = np.random.default_rng(9).dirichlet(np.ones(3), len(said))
    alone, both = calibrate([share], said), calibrate([share, noise], said)
    assert np.abs(both.prior - alone.prior).mean() < 0.02


def test_the_posterior_is_bayes_rule_and_leaves_unanswered_pairs_alone():
    prior = np.array([[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]])
    found = posterior(Beliefs(prior, 0.1, 0.01), np.array([2, -1], dtype=np.int8))
    weighed = prior[0] * np.array([0.05, 0.05, 0.9])
    assert found[0] == pytest.approx(weighed / weighed.sum())
    assert found[1] == pytest.approx(prior[1])


def test_the_expected_gain_is_the_mean_over_answers():
    rng = np.random.default_rng(4)
    beliefs = Beliefs(rng.dirichlet(np.ones(3) * 0.4, 200), 0.1, 0.01)
    mean = np.zeros(200)
    for said in range(3):
        likelihood = np.where(np.arange(3) == said, 0.9, 0.05)
        answers = np.full(200, said, dtype=np.int8)
        mean += (beliefs.prior @ likelihood) * posterior(beliefs, answers).max(axis=1)
    assert expected_gain(beliefs) == pytest.approx(mean - beliefs.prior.max(axis=1), abs=1e-12)


def test_the_gradient_is_that_of_the_cost():
    share, _, said = _world(0.1, n=300)
    logs = [np.log(share.clip(1e-3)), np.random.default_rng(2).normal(size=share.shape)]
    theta = np.array([-1.0, 0.2, -0.3, 0.7, 0.4])
    gradient = _cost(theta, logs, said.astype(np.int64)).gradient
    oracle = approx_fprime(theta, lambda at: _cost(at, logs, said.astype(np.int64)).value, 1e-7)
    assert gradient == pytest.approx(oracle, rel=1e-3, abs=1e-2)

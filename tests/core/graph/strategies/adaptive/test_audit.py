"""The audit against a world whose truth is known, with a model that errs by attribute."""

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.strategies.adaptive.audit import Sample, estimate_quality, expected_recall
from core.graph.strategies.adaptive.calibration import Beliefs, posterior
from core.graph.strategies.adaptive.pairs import list_pairs
from core.graph.strategies.adaptive.routing import chance_of_audit, random_calls

BATCH, N_AUDIT, NOISE = 12, 24, 0.1


@pytest.fixture(scope="module")
def pairs():
    names = [(m, f"{m}-{i}") for m, size in (("a", 50), ("b", 40), ("c", 12)) for i in range(size)]
    return list_pairs(Catalogue(tuple(Attribute(name, name, m, m) for m, name in names)))


def _audited(pairs, seed, *, bias):
    """Beliefs, sample and true figures; the model errs as often as it says, but far more with some attributes."""
    rng = np.random.default_rng(seed)
    n = len(pairs)
    truth = rng.choice(3, n, p=[0.15, 0.6, 0.25])
    hardness = rng.gamma(1.0, bias, pairs.n_attributes)
    is_mistaken = rng.random(n) < np.minimum(hardness[pairs.first] + hardness[pairs.second], 0.9)
    guess = np.where(is_mistaken, (truth + rng.integers(1, 3, n)) % 3, truth)
    doubt = max(float(is_mistaken.mean()), 0.01)
    prior = np.full((n, 3), doubt / 2)
    prior[np.arange(n), guess] = 1 - doubt
    said = np.where(rng.random(n) < NOISE, (truth + rng.integers(1, 3, n)) % 3, truth)
    classes, primary = np.full(n, -1, dtype=np.int8), np.full(n, -1, dtype=np.int32)
    is_open = np.ones(n, dtype=bool)

    def ask(calls):
        for call in calls:
            numbers = pairs.number_of[call.primary, call.targets]
            classes[numbers], primary[numbers], is_open[numbers] = said[numbers], call.primary, False

    ask(random_calls(pairs, is_open, 40, BATCH, rng))
    was_open = is_open.copy()
    beliefs = Beliefs(prior, NOISE, 0.004)
    before = posterior(beliefs, classes).argmax(axis=1).astype(np.int8)
    ask(random_calls(pairs, was_open, N_AUDIT, BATCH, rng))
    after = posterior(beliefs, classes).argmax(axis=1).astype(np.int8)
    chance = chance_of_audit(pairs, was_open, BATCH)
    sample = Sample(classes, primary, is_open, was_open & ~is_open, chance, before, after)
    is_edge, in_graph = truth != 1, after != 1
    return (
        beliefs,
        sample,
        (
            (is_edge & in_graph).sum() / is_edge.sum(),
            (is_edge & in_graph).sum() / in_graph.sum(),
            ((truth == after) & in_graph).sum() / in_graph.sum(),
        ),
    )


def test_the_intervals_hold_the_truth_though_errors_cluster_by_attribute(pairs):
    n_runs, held, error = 150, np.zeros(3), np.zeros(3)
    for seed in range(n_runs):
        beliefs, sample, true = _audited(pairs, seed, bias=0.08)
        quality = estimate_quality(beliefs, sample, 0.95)
        held += [interval.holds(value) for interval, value in zip(quality, true, strict=True)]
        error += [interval.estimate - value for interval, value in zip(quality, true, strict=True)]
        assert all(0 <= interval.low <= interval.estimate <= interval.high <= 1 for interval in quality)
    assert held.min() / n_runs >= 0.90, held
    assert np.abs(error / n_runs).max() < 0.02


def test_the_audit_corrects_a_model_that_is_too_sure(pairs):
    errors = []
    for seed in range(25):
        beliefs, sample, true = _audited(pairs, seed, bias=0.08)
        doubt = beliefs.prior.min()  # half of what there is
        wrong = beliefs._replace(prior=np.where(beliefs.prior > 0.5, 1 - doubt, doubt / 2))
        found = estimate_quality(wrong, sample, 0.95).recall.estimate
        errors.append((found - true[0], expected_recall(wrong.prior, sample.after) - true[0]))
    with_audit, alone = np.abs(np.mean(errors, axis=0))
    assert with_audit < 0.6 * alone


def test_without_an_audit_nothing_is_claimed(pairs):
    beliefs, sample, _ = _audited(pairs, 2, bias=0.08)
    nobody = sample._replace(is_audited=np.zeros(len(pairs), dtype=bool))
    assert all(interval[1:] == (0.0, 1.0) for interval in estimate_quality(beliefs, nobody, 0.95))


def test_a_perfect_model_and_judge_leave_a_small_doubt_about_what_was_not_asked(pairs):
    beliefs, sample, _ = _audited(pairs, 3, bias=0.0)
    truth = beliefs.prior.argmax(axis=1).astype(np.int8)
    sure = Beliefs(np.eye(3)[truth], 0.0, 0.0)
    classes = np.where(sample.is_open, -1, truth).astype(np.int8)
    quality = estimate_quality(sure, sample._replace(classes=classes, before=truth, after=truth), 0.95)
    assert all(interval.high == interval.estimate == pytest.approx(1) for interval in quality)
    assert all(0.95 < interval.low < 1 for interval in quality)


def test_a_graph_without_edges_has_no_figures(pairs):
    n = len(pairs)
    neutral, nobody = np.ones(n, dtype=np.int8), np.zeros(n, dtype=bool)
    beliefs = Beliefs(np.tile([0.0, 1.0, 0.0], (n, 1)), 0.0, 0.0)
    sample = Sample(neutral, np.zeros(n, dtype=np.int32), nobody, nobody, np.ones(n), neutral, neutral)
    assert all(np.isnan(interval.estimate) for interval in estimate_quality(beliefs, sample, 0.95))
    assert expected_recall(beliefs.prior, neutral) == 1.0

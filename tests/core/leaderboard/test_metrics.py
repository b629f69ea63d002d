import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score

from core.leaderboard.figures import figures_of, figures_text, read_figures
from core.leaderboard.metrics import calibration_error, confusion_of, macro_f1_of, score_predictions
from core.leaderboard.predictions import Predictions

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def columns(pairs):
    true, predicted = np.array(pairs, dtype=np.int8).T
    return true, predicted


@given(PAIRS)
def test_scores_are_those_of_scikit_learn(pairs):
    true, predicted = columns(pairs)
    score = score_predictions(Predictions(predicted), true, 4)
    by_label = f1_score(true, predicted, labels=range(4), average=None, zero_division=0)
    assert score.per_class == pytest.approx(by_label.tolist())
    assert score.macro_f1 == pytest.approx(by_label.mean())
    assert score.accuracy == pytest.approx(accuracy_score(true, predicted))
    assert (score.confusion == confusion_matrix(true, predicted, labels=range(4))).all()
    assert score.ece is None and score.n_rows == len(true)


@given(PAIRS, st.randoms(use_true_random=False))
def test_only_the_chosen_rows_count_in_any_order(pairs, random):
    true, predicted = columns(pairs)
    rows = np.array([random.random() < 0.5 for _ in pairs])
    part = score_predictions(Predictions(predicted), true, 4, rows)
    assert (part.confusion == confusion_of(true[rows], predicted[rows], 4)).all()
    order = np.array(random.sample(range(len(pairs)), len(pairs)))
    shuffled = score_predictions(Predictions(predicted[order]), true[order], 4, rows[order])
    assert (shuffled.confusion == part.confusion).all()


def test_a_stack_of_matrices_is_scored_one_by_one():
    stack = np.random.default_rng(0).integers(0, 9, (5, 7, 3, 3))
    one_by_one = [[float(macro_f1_of(matrix)) for matrix in row] for row in stack]
    assert macro_f1_of(stack).tolist() == one_by_one


def plain_calibration_error(probabilities, true, n_bins=15):
    """Equation 3 of Guo et al. 2017 read word by word."""
    total, n = 0.0, len(true)
    for b in range(1, n_bins + 1):
        low, high = (b - 1) / n_bins, b / n_bins
        held = [i for i in range(n) if low < max(probabilities[i]) <= high]
        if held:
            accuracy = sum(int(np.argmax(probabilities[i])) == true[i] for i in held) / len(held)
            confidence = sum(max(probabilities[i]) for i in held) / len(held)
            total += len(held) / n * abs(accuracy - confidence)
    return total


@given(st.integers(0, 2**32 - 1), st.integers(1, 80))
def test_calibration_is_the_published_formula(seed, n):
    rng = np.random.default_rng(seed)
    probabilities, true = rng.dirichlet((0.4, 0.4, 0.4), n), rng.integers(0, 3, n).astype(np.int8)
    assert calibration_error(probabilities, true) == pytest.approx(plain_calibration_error(probabilities, true))


def test_calibration_looks_at_the_likeliest_label_whatever_is_submitted():
    true = np.array([0, 0, 1, 1], dtype=np.int8)
    sure = np.eye(2)[true]
    wrong = Predictions(1 - true, sure)
    assert score_predictions(wrong, true, 2).ece == 0.0
    assert score_predictions(Predictions(true, 1 - sure), true, 2).ece == 1.0
    assert calibration_error(np.zeros((0, 2)), np.zeros(0, dtype=np.int8)) == 0.0


@given(PAIRS)
def test_figures_come_back_from_their_text(pairs):
    true, predicted = columns(pairs)
    probabilities = np.full((len(true), 4), 0.25)
    for given_ in (None, probabilities):
        figures = figures_of(Predictions(predicted, given_), true, 4)
        again = read_figures(figures_text(figures))
        assert again.interval == figures.interval and again.score.ece == figures.score.ece
        assert again.score.macro_f1 == figures.score.macro_f1 == figures.interval.estimate
        assert (again.score.confusion == figures.score.confusion).all()
        assert figures.shown.estimate == round(figures.score.macro_f1, 3)

"""Figures against scikit-learn's and against a count bin by bin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from core.models.scores import N_BINS, score_probabilities


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(2, 5), st.integers(0, 1000))
def test_scores_agree_with_scikit_learn(n_rows: int, n_labels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    chances = rng.dirichlet(np.ones(n_labels), size=n_rows)
    label = rng.integers(0, n_labels, n_rows).astype(np.int32)
    score = score_probabilities(chances, label)
    called = chances.argmax(axis=1)
    f1 = f1_score(label, called, labels=range(n_labels), average=None, zero_division=0)
    np.testing.assert_allclose(score.f1, f1)
    assert score.macro_f1 == pytest.approx(f1.mean())
    assert score.accuracy == pytest.approx(accuracy_score(label, called))
    confidence, total = chances.max(axis=1), 0.0
    for low in range(N_BINS):
        held = (confidence > low / N_BINS) & (confidence <= (low + 1) / N_BINS)
        if held.any():
            total += held.mean() * abs((called == label)[held].mean() - confidence[held].mean())
    assert score.ece == pytest.approx(total)


def test_certain_and_right_is_a_full_score() -> None:
    score = score_probabilities(np.eye(3), np.arange(3, dtype=np.int32))
    assert (score.macro_f1, score.accuracy, score.ece) == (1.0, 1.0, 0.0)

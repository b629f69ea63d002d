"""The made-up content vectors: stable, and telling of the signs in part."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from core.sampler.example_graphs import EXAMPLES, hidden_traits, make_example
from core.sampler.example_vectors import N_DIMENSIONS, example_vectors


@pytest.mark.parametrize("name", EXAMPLES)
def test_vectors_are_the_same_every_time_and_of_length_one(name: str) -> None:
    vectors = example_vectors(EXAMPLES[name])
    assert vectors.shape == (sum(kind.n for kind in EXAMPLES[name].types.values()), N_DIMENSIONS)
    assert vectors.dtype == np.float32
    assert vectors.tobytes() == example_vectors(EXAMPLES[name]).tobytes()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_vectors_explain_about_a_fifth_of_each_hidden_number() -> None:
    hidden = np.vstack(hidden_traits(EXAMPLES["1400"])).T
    guess = _best_linear_guess(hidden)
    explained = 1 - ((hidden - guess) ** 2).sum(axis=0) / ((hidden - hidden.mean(axis=0)) ** 2).sum(axis=0)
    assert np.all((explained > 0.15) & (explained < 0.25))


def test_signs_follow_from_vectors_only_in_part() -> None:
    example = EXAMPLES["1400"]
    graph, hidden = make_example(example), np.vstack(hidden_traits(example)).T
    areas = [
        _sign_area(graph.source, graph.target, graph.sign, known) for known in (hidden, _best_linear_guess(hidden))
    ]
    assert areas[0] > 0.999  # the hidden numbers leave only the noise of pairs
    assert areas[1] == pytest.approx(0.82, abs=0.02)


def _best_linear_guess(hidden: np.ndarray) -> np.ndarray:
    told = np.hstack([example_vectors(EXAMPLES["1400"]), np.ones((len(hidden), 1))]).astype(np.float64)
    return told @ np.linalg.lstsq(told, hidden, rcond=None)[0]


def _sign_area(source: np.ndarray, target: np.ndarray, sign: np.ndarray, known: np.ndarray) -> float:
    trait, favour = known[:, :-1], known[:, -1]
    likeness = (trait[source] * trait[target]).mean(axis=1)
    score = likeness + EXAMPLES["1400"].spread * (favour[source] + favour[target])
    return float(roc_auc_score(sign > 0, score))

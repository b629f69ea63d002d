from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from core.leaderboard.metrics import cell_influence, confusion_of
from core.leaderboard.ranking import Entrant, Rank, rank_entrants

N_LABELS = 3


def truth_of(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(3, p=[0.3, 0.3, 0.4], size=n).astype(np.int8)


def predicted_by(truth: np.ndarray, accuracy: float, seed: int, base: np.ndarray | None = None) -> np.ndarray:
    """Right with a chance; otherwise any label. `base`: shared luck, so that errors coincide."""
    rng = np.random.default_rng(seed)
    luck = rng.random(len(truth)) if base is None else base
    return np.where(luck < accuracy, truth, rng.integers(0, 3, size=len(truth))).astype(np.int8)


def entrant(truth: np.ndarray, predicted: np.ndarray, *, is_paired: bool = True) -> Entrant:
    return Entrant(confusion_of(truth, predicted, N_LABELS), predicted if is_paired else None)


def test_clear_differences_give_clear_ranks_and_close_ones_stay_open():
    truth = truth_of(4_000)
    models = [entrant(truth, predicted_by(truth, share, i)) for i, share in enumerate((0.95, 0.70, 0.701, 0.30))]
    ranks = rank_entrants(models, truth)
    assert ranks[0] == Rank(1, 1, 1)
    assert ranks[3] == Rank(4, 4, 4)
    assert (ranks[1].low, ranks[1].high) == (ranks[2].low, ranks[2].high) == (2, 3)
    assert {ranks[1].place, ranks[2].place} == {2, 3}


def test_predictions_tell_apart_what_counts_alone_cannot():
    truth = truth_of(3_000)
    luck = np.random.default_rng(5).random(len(truth))
    better, worse = (predicted_by(truth, share, 7, base=luck) for share in (0.80, 0.79))
    paired = rank_entrants([entrant(truth, better), entrant(truth, worse)], truth)
    alone = rank_entrants([entrant(truth, p, is_paired=False) for p in (better, worse)], truth)
    assert [(r.low, r.high) for r in paired] == [(1, 1), (2, 2)]
    assert [(r.low, r.high) for r in alone] == [(1, 2), (1, 2)]


def test_the_linear_error_of_one_score_and_of_a_difference_is_that_of_resampled_rows():
    """Oracle: scikit-learn's macro F1 of rows drawn with replacement."""
    truth = truth_of(1_500, 3)
    one, other = predicted_by(truth, 0.8, 1), predicted_by(truth, 0.7, 2)
    rng = np.random.default_rng(11)
    scores = []
    for _ in range(400):
        rows = rng.integers(0, len(truth), len(truth))
        scores.append([f1_score(truth[rows], p[rows], average="macro") for p in (one, other)])
    resampled = np.array(scores)
    moved = [cell_influence(confusion_of(truth, p, N_LABELS))[truth, p] / len(truth) for p in (one, other)]
    assert moved[0].sum() == pytest.approx(0.0, abs=1e-9)
    assert np.sqrt((moved[0] ** 2).sum()) == pytest.approx(resampled[:, 0].std(), rel=0.12)
    difference = np.sqrt(((moved[0] - moved[1]) ** 2).sum())
    assert difference == pytest.approx((resampled[:, 0] - resampled[:, 1]).std(), rel=0.12)


def test_equal_models_are_told_apart_as_rarely_as_promised():
    """Twelve models of the same quality, 66 comparisons: any false verdict at all in at most about 5 % of boards."""
    n_boards, wrong = 120, 0
    for board in range(n_boards):
        truth = truth_of(400, board)
        models = [entrant(truth, predicted_by(truth, 0.6, 1_000 * board + i)) for i in range(12)]
        wrong += any((r.low, r.high) != (1, 12) for r in rank_entrants(models, truth))
    assert wrong <= 14  # binomial(120, .05) exceeds it with a chance below 0.2 %


def test_the_same_predictions_twice_share_their_ranks():
    truth = truth_of(2_000)
    copy = predicted_by(truth, 0.8, 1)
    ranks = rank_entrants(
        [entrant(truth, copy), entrant(truth, copy), entrant(truth, predicted_by(truth, 0.4, 2))], truth
    )
    assert ranks == (Rank(1, 1, 2), Rank(1, 1, 2), Rank(3, 3, 3))


def test_ranks_are_of_those_shown():
    truth = truth_of(3_000)
    models = [entrant(truth, predicted_by(truth, share, i)) for i, share in enumerate((0.9, 0.7, 0.5))]
    assert rank_entrants(models[1:], truth) == (Rank(1, 1, 1), Rank(2, 2, 2))
    assert rank_entrants([], truth) == ()
    assert rank_entrants(models[:1], truth) == (Rank(1, 1, 1),)


def test_rounded_scores_that_are_equal_share_a_place():
    truth = truth_of(3_000)
    models = [entrant(truth, predicted_by(truth, 0.7, i)) for i in range(3)]
    ranks = rank_entrants(models, truth, scores=[0.781, 0.781, 0.780])
    assert [rank.place for rank in ranks] == [1, 1, 3]


def test_one_row_tells_nobody_apart():
    truth = np.array([0], dtype=np.int8)
    ranks = rank_entrants([entrant(truth, truth), entrant(truth, np.array([1], dtype=np.int8))], truth)
    assert [(r.low, r.high) for r in ranks] == [(1, 2), (1, 2)]


def test_the_order_of_the_entrants_does_not_matter():
    truth = truth_of(800)
    models = [
        entrant(truth, predicted_by(truth, s, i), is_paired=i != 2) for i, s in enumerate((0.8, 0.77, 0.74, 0.71))
    ]
    expected = rank_entrants(models, truth)
    for order in permutations(range(4)):
        ranks = rank_entrants([models[i] for i in order], truth)
        assert ranks == tuple(expected[i] for i in order)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 30), min_size=9, max_size=9), min_size=1, max_size=7))
def test_a_place_always_lies_among_the_ranks_left_open(cells):
    models = [Entrant(np.array(c, dtype=np.int64).reshape(3, 3)) for c in cells]
    for rank in rank_entrants(models):
        assert 1 <= rank.low <= rank.place <= rank.high <= len(models)


def test_a_score_without_counts_is_told_apart_from_nobody():
    truth = truth_of(3_000)
    models = [entrant(truth, predicted_by(truth, share, i)) for i, share in enumerate((0.9, 0.5))]
    ranks = rank_entrants([*models, Entrant(None)], truth, scores=[0.9, 0.5, 0.95])
    assert ranks == (Rank(2, 1, 2), Rank(3, 2, 3), Rank(1, 1, 3))

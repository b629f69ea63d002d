import numpy as np
import pytest

from core.leaderboard.bootstrap import paired_difference, score_interval
from core.leaderboard.ladder import errors_to_beat, step_between
from core.leaderboard.metrics import confusion_of, macro_f1_of


def sample(rng, n, accuracy, n_labels=3):
    """True labels, and predictions that are right with a chance of `accuracy`."""
    true = rng.integers(0, n_labels, n).astype(np.int8)
    return true, disturbed(rng, true, 1 - accuracy, n_labels)


def disturbed(rng, labels, share, n_labels=3):
    moved = (labels + rng.integers(1, n_labels, len(labels))) % n_labels
    return np.where(rng.random(len(labels)) < share, moved, labels).astype(np.int8)


def f1(true, predicted, n_labels=3):
    return float(macro_f1_of(confusion_of(true, predicted, n_labels)))


def test_the_interval_is_that_of_resampled_rows():
    rng = np.random.default_rng(1)
    true, predicted = sample(rng, 600, 0.8)
    scores = []
    for _ in range(4_000):
        rows = rng.integers(0, len(true), len(true))
        scores.append(f1(true[rows], predicted[rows]))
    interval = score_interval(confusion_of(true, predicted, 3), n_draws=20_000)
    assert interval.estimate == f1(true, predicted)
    assert interval[1:] == pytest.approx(np.quantile(scores, (0.025, 0.975)).tolist(), abs=0.003)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(2), 0
    many_true, many = sample(rng, 400_000, 0.85)
    truth = f1(many_true, many)
    for _ in range(400):
        rows = rng.integers(0, len(many), 500)
        held += score_interval(confusion_of(many_true[rows], many[rows], 3), n_draws=400).holds(truth)
    assert 0.92 <= held / 400 <= 0.98


def test_the_same_counts_have_the_same_interval_and_more_rows_a_narrower_one():
    counts = np.array([[80, 10, 10], [5, 90, 5], [20, 20, 60]])
    first, again, more = score_interval(counts), score_interval(counts.copy()), score_interval(counts * 100)
    assert first == again
    assert more.estimate == pytest.approx(first.estimate)
    assert more.high - more.low == pytest.approx((first.high - first.low) / 10, rel=0.1)


def test_nothing_and_everything_right():
    assert score_interval(np.zeros((3, 3), dtype=np.int64)) == (0.0, 0.0, 1.0)
    assert score_interval(np.eye(3, dtype=np.int64) * 50) == (1.0, 1.0, 1.0)
    assert score_interval(np.array([[0, 0], [7, 0]])) == (0.0, 0.0, 0.0)


def test_the_paired_difference_is_that_of_resampled_rows():
    rng = np.random.default_rng(3)
    true, first = sample(rng, 600, 0.85)
    second = disturbed(rng, first, 0.1)
    gaps = []
    for _ in range(4_000):
        rows = rng.integers(0, len(true), len(true))
        gaps.append(f1(true[rows], first[rows]) - f1(true[rows], second[rows]))
    difference = paired_difference(true, first, second, 3, n_draws=20_000)
    assert difference.estimate == pytest.approx(f1(true, first) - f1(true, second))
    assert difference.error == pytest.approx(np.std(gaps), rel=0.06)
    assert [difference.low, difference.high] == pytest.approx(np.quantile(gaps, (0.025, 0.975)).tolist(), abs=0.004)
    swapped = paired_difference(true, second, first, 3)
    assert swapped.estimate == -difference.estimate
    alone = np.hypot(*(np.subtract(*score_interval(confusion_of(true, p, 3))[1:]) / 3.92 for p in (first, second)))
    assert difference.error < 0.7 * alone  # rows that are hard for both say nothing of the difference


def test_without_rows_nothing_is_known_of_a_difference():
    nothing = np.zeros(0, dtype=np.int8)
    assert paired_difference(nothing, nothing, nothing, 3) == (0.0, 0.0, -1.0, 1.0)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.9])
def test_the_ladders_error_is_the_bootstraps(share):
    rng = np.random.default_rng(4)
    true, best = sample(rng, 3_000, 0.8)
    new = disturbed(rng, best, share)
    step, difference = step_between(true, best, new, 3, 1), paired_difference(true, new, best, 3)
    assert step.gain == pytest.approx(difference.estimate)
    assert step.error == pytest.approx(difference.error, rel=0.06)


def test_a_step_counts_only_beyond_noise_and_noise_grows_with_the_tries():
    rng = np.random.default_rng(5)
    true, best = sample(rng, 3_000, 0.8)
    wrong = np.flatnonzero(best != true)

    def after(n_better, n_before):
        new = best.copy()
        new[wrong[:n_better]] = true[wrong[:n_better]]
        return step_between(true, best, new, 3, n_before)

    assert not step_between(true, best, best, 3, 1).is_improvement
    assert after(100, 1).is_improvement and after(100, 99).is_improvement
    assert after(4, 1).is_improvement and not after(4, 99).is_improvement  # 4 rows: two errors, three needed
    assert not step_between(true, true, best, 3, 1).is_improvement
    needed = [errors_to_beat(n) for n in range(1, 200)]
    assert needed == sorted(needed) and needed[0] == 1.0
    assert errors_to_beat(100) == pytest.approx(np.sqrt(2 * np.log(100)))


def test_guesses_do_not_climb_but_better_models_do():
    rng = np.random.default_rng(6)
    true, best = sample(rng, 2_000, 0.6)
    start, shown = f1(true, best), best
    for n_before in range(1, 300):
        tried = disturbed(rng, shown, 0.1)
        if step_between(true, shown, tried, 3, n_before).is_improvement:
            shown = tried
    interval = score_interval(confusion_of(true, best, 3))
    assert f1(true, shown) <= start + (interval.high - interval.low)
    for n_before, accuracy in enumerate((0.7, 0.8, 0.9), start=300):
        better = disturbed(rng, true, 1 - accuracy)
        assert step_between(true, shown, better, 3, n_before).is_improvement
        shown = better

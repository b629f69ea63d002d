import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from core.graph.review.agreement_report import kappa_by_share, report_agreement
from core.graph.review.ratings import RatedPairs
from core.graph.review.reliability import MISSING, Measure, cohen_kappa, rating_matrix


def rated(matrix):
    ratings = rating_matrix(matrix)
    names = tuple("ABCDEFG"[: len(ratings)])
    return RatedPairs(names, tuple((f"a{u}", f"b{u}") for u in range(ratings.shape[1])), ratings)


def test_every_figure_is_that_of_the_raters_it_names():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 90)
    matrix = np.where(rng.random((3, 90)) < 0.8, truth, rng.integers(0, 3, (3, 90)))
    matrix[rng.random(matrix.shape) < 0.4] = MISSING
    judged = np.where(rng.random(90) < 0.9, truth, MISSING).astype(np.int8)
    report = report_agreement(rated(matrix), judged, "the judge")
    assert report.n_reviews == np.count_nonzero(matrix != MISSING)
    compared = (matrix != MISSING).sum(axis=0) >= 2
    assert report.n_compared == compared.sum() and report.n_pairs == 90
    assert report.answers.tolist() == [np.count_nonzero(matrix[:, compared] == k) for k in range(3)]
    assert {c.n_units for c in report.among_reviewers.values()} == {report.n_compared}
    rows = dict(zip("ABC", matrix, strict=True)) | {"the judge": judged}
    assert [(two.one, two.other) for two in report.by_two] == [("A", "B"), ("A", "C"), ("B", "C")]
    for two in (*report.by_two, *report.with_judge):
        both = (rows[two.one] != MISSING) & (rows[two.other] != MISSING)
        one, other = rows[two.one][both], rows[two.other][both]
        assert np.array_equal(two.counts, confusion_matrix(one, other, labels=[0, 1, 2]))
        assert two.coefficients[Measure.KAPPA].estimate == pytest.approx(cohen_kappa_score(one, other))
        assert two.coefficients[Measure.PERCENT].estimate == pytest.approx(np.mean(one == other))


def test_most_reviewers_are_compared_where_they_are_not_split():
    report = report_agreement(
        rated([[0, 0, 2], [0, 2, 2], [1, MISSING, 0]]), np.array([0, 0, 1], dtype=np.int8), "judge"
    )
    assert report.majority_with_judge.counts.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_no_review_and_a_judge_without_answers_make_empty_reports():
    empty = report_agreement(rated(np.zeros((0, 0))), np.zeros(0, dtype=np.int8), "judge")
    assert (empty.n_reviews, empty.n_compared, empty.by_two, empty.with_judge) == (0, 0, (), ())
    silent = report_agreement(rated([[0, 1]]), np.full(2, MISSING, dtype=np.int8), "judge")
    assert silent.with_judge == () and silent.majority_with_judge.n_pairs == 0


def test_the_curve_passes_through_the_kappa_of_raters_with_the_same_answers():
    """Two raters with equal shares, 20 of 24 alike: the curve at their share of + is their kappa."""
    one = [2] * 15 + [0] * 5 + [2, 2, 0, 0]
    other = [2] * 15 + [0] * 5 + [0, 0, 2, 2]
    ratings = rating_matrix([one, other])
    curve = kappa_by_share(20 / 24, np.bincount(ratings.ravel(), minlength=3))
    here = float(np.interp(curve.now, curve.share, curve.kappa))
    assert here == pytest.approx(cohen_kappa(ratings, 3).estimate, abs=2e-3)


@settings(deadline=None, max_examples=60)
@given(arrays(np.int8, st.tuples(st.just(2), st.integers(1, 30)), elements=st.integers(0, 2)))
def test_the_curve_falls_with_the_share_of_the_commonest_answer(ratings):
    observed = float(np.mean(ratings[0] == ratings[1]))
    curve = kappa_by_share(observed, np.bincount(ratings.ravel(), minlength=3))
    assert curve.share[-1] <= 1 - (1 - observed) / 2 + 1e-12
    assert curve.share[0] <= max(curve.now, 0.01) + 1e-12 <= 1.1
    assert np.all(np.isfinite(curve.kappa)) and np.all(curve.kappa <= 1 + 1e-12)
    assert np.all(np.diff(curve.kappa[curve.share >= 0.5]) <= 1e-12)


def test_the_published_mix_of_answers_halves_kappa():
    """At 85 % + and 90 % agreement kappa is about .6, at an even mix .85; percent agreement is the same."""
    many = kappa_by_share(0.9, np.array([10, 5, 85]))
    assert np.interp(0.85, many.share, many.kappa) == pytest.approx((0.9 - 0.735) / 0.265, abs=2e-3)
    assert np.interp(1 / 3, many.share, many.kappa) == pytest.approx(0.83, abs=0.02)

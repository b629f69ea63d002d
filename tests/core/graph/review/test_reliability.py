from itertools import combinations, permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from core.errors import ValenceError
from core.graph.intervals import t_quantile, wilson
from core.graph.review.reliability import (
    MISSING,
    Measure,
    agreement,
    cohen_kappa,
    compared_units,
    gwet_ac1,
    krippendorff_alpha,
    pabak,
    pairs_of_raters,
    percent_agreement,
    rating_matrix,
)

# Two examples of Gwet, Handbook of Inter-Rater Reliability (4th ed., 2014), as the package irrCAC 0.4.4 ships them:
# `raw_4raters` (12 units, 4 raters, 5 categories), `raw_5observers` (15, 5, 4), and `table_cont3x3abstractors`
# (100 units, 2 raters, 3 categories). Estimates and standard errors are what irrCAC 0.4.4 computes, to ten digits.
FOUR_RATERS = rating_matrix(
    [
        [0, 1, 2, 2, 1, 0, 3, 0, 1, -1, -1, -1],
        [0, 1, 2, 2, 1, 1, 3, 0, 1, 4, -1, -1],
        [-1, 2, 2, 2, 1, 2, 3, 1, 1, 4, 0, 2],
        [0, 1, 2, 2, 1, 3, 3, 0, 1, 4, 0, -1],
    ]
)
FIVE_OBSERVERS = rating_matrix(
    [
        [1, 1, 2, -1, 0, 0, 1, 1, 2, 2, -1, 0, 1, 3, 1],
        [1, 1, 3, 0, 0, 0, 0, -1, 2, 1, 1, 0, 2, 3, 1],
        [2, 0, 3, 0, 0, 0, 2, 2, 2, 1, 0, 0, 2, 2, 1],
        [-1, 1, 3, -1, -1, -1, -1, 0, -1, 1, 0, 0, 2, 2, -1],
        [2, -1, -1, 0, 0, 0, 1, -1, 2, -1, -1, -1, -1, 3, 1],
    ]
)
ABSTRACTORS_TABLE = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
ABSTRACTORS = rating_matrix(np.repeat(np.stack(np.divmod(np.arange(9), 3)), ABSTRACTORS_TABLE.ravel(), axis=1))


@pytest.mark.parametrize(
    ("ratings", "n_categories", "coefficient", "estimate", "standard_error"),
    [
        (FOUR_RATERS, 5, gwet_ac1, 0.7754440681, 0.1429499506),
        (FOUR_RATERS, 5, cohen_kappa, 0.7628174413, 0.1491681525),
        (FOUR_RATERS, 5, krippendorff_alpha, 0.7434210526, 0.145573887),
        (FOUR_RATERS[:, :11], 5, pabak, 0.7727272727, 0.1270493169),  # irrCAC counts a unit with one rating here
        (FIVE_OBSERVERS, 4, gwet_ac1, 0.4966220549, 0.121973368),
        (FIVE_OBSERVERS, 4, cohen_kappa, 0.4692742786, 0.1166634549),
        (FIVE_OBSERVERS, 4, krippendorff_alpha, 0.4805302403, 0.1135075291),
        (FIVE_OBSERVERS, 4, pabak, 0.4874074074, 0.1208915862),
        (ABSTRACTORS, 3, gwet_ac1, 0.8493305482, 0.0434351891),
        (ABSTRACTORS, 3, cohen_kappa, 0.7964094022, 0.0592074996),
        (ABSTRACTORS, 3, krippendorff_alpha, 0.7972584977, 0.0593522401),
        (ABSTRACTORS, 3, pabak, 0.835, 0.0471699057),
    ],
)
def test_estimates_and_standard_errors_are_those_of_the_reference_package(
    ratings, n_categories, coefficient, estimate, standard_error
):
    found = coefficient(ratings, n_categories)
    assert found.estimate == pytest.approx(estimate, abs=1e-9)
    assert found.standard_error == pytest.approx(standard_error, abs=1e-9)


def test_the_variance_of_kappa_is_that_of_fleiss_cohen_and_everitt():
    """Their formula, over the cells of the table; theirs divides by n, ours by n - 1."""
    p = ABSTRACTORS_TABLE / 100
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, chance = np.trace(p), rows @ columns
    kappa = (observed - chance) / (1 - chance)
    total = 0.0
    for i in range(3):
        for j in range(3):
            total += p[i, j] * ((i == j) - (1 - kappa) * (columns[i] + rows[j])) ** 2
    variance = (total - (observed - 2 * (1 - kappa) * chance) ** 2) / (100 * (1 - chance) ** 2)
    assert np.sqrt(variance) == pytest.approx(0.0589107183, abs=1e-9)  # irrCAC's for the table
    assert cohen_kappa(ABSTRACTORS, 3).standard_error == pytest.approx(np.sqrt(variance * 100 / 99), abs=1e-12)


def rating_matrices(max_raters=5, max_units=12, low=MISSING):
    return st.tuples(st.integers(2, max_raters), st.integers(1, max_units)).flatmap(
        lambda shape: arrays(np.int8, shape, elements=st.integers(low, 2))
    )


def _pairs(unit):
    return list(combinations([r for r in unit.tolist() if r != MISSING], 2))


@settings(deadline=None, max_examples=60)
@given(rating_matrices())
def test_percent_agreement_counts_every_pair_of_ratings(ratings):
    shares = [np.mean([a == b for a, b in pairs]) for unit in ratings.T if (pairs := _pairs(unit))]
    found = percent_agreement(ratings, 3)
    assert found.n_units == len(shares)
    if shares:
        assert found.estimate == pytest.approx(np.mean(shares))
        assert pabak(ratings, 3).estimate == pytest.approx((3 * np.mean(shares) - 1) / 2)
    else:
        assert not found.is_defined and found.interval[1:] == (0.0, 1.0)


@settings(deadline=None, max_examples=60)
@given(rating_matrices())
def test_alpha_is_one_minus_observed_over_expected_disagreement(ratings):
    """Krippendorff's definition, pair of values by pair of values, and his package."""
    units = [[r for r in unit.tolist() if r != MISSING] for unit in ratings.T]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    found = krippendorff_alpha(ratings, 3)
    if len(set(values)) < 2:
        assert not found.is_defined
        return
    observed = sum(sum(a != b for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(values)
    expected = sum(a != b for a, b in permutations(values, 2)) / (len(values) * (len(values) - 1))
    assert found.estimate == pytest.approx(1 - observed / expected)
    of_package = krippendorff.alpha(np.where(ratings == MISSING, np.nan, ratings), level_of_measurement="nominal")
    assert found.estimate == pytest.approx(of_package)


@settings(deadline=None, max_examples=60)
@given(rating_matrices(max_raters=2, max_units=30))
def test_kappa_of_two_raters_is_that_of_scikit_learn_over_what_both_rated(ratings):
    one, other = ratings[:, (ratings != MISSING).all(axis=0)]
    found = cohen_kappa(ratings, 3)
    if len(one) == 0 or len({*one.tolist(), *other.tolist()}) == 1:
        assert not found.is_defined
    else:
        assert found.estimate == pytest.approx(cohen_kappa_score(one, other, labels=[0, 1, 2]))


@settings(deadline=None, max_examples=60)
@given(rating_matrices(max_raters=4, low=0))
def test_kappa_of_more_raters_expects_the_mean_of_all_pairs_of_raters(ratings):
    """Conger's definition, for ratings without a gap."""
    shares = np.stack([(ratings == category).mean(axis=1) for category in range(3)], axis=1)
    chance = np.mean([shares[a] @ shares[b] for a, b in combinations(range(len(ratings)), 2)])
    found = cohen_kappa(ratings, 3)
    assert found.chance == pytest.approx(chance)
    if chance < 1 - 1e-9:
        assert found.estimate == pytest.approx((found.observed - chance) / (1 - chance))


@settings(deadline=None, max_examples=60)
@given(rating_matrices())
def test_ac1_expects_chance_only_where_units_are_hard(ratings):
    units = [[r for r in unit.tolist() if r != MISSING] for unit in ratings.T]
    rated = [unit for unit in units if unit]
    found = gwet_ac1(ratings, 3)
    if found.n_units == 0:
        assert not found.is_defined
        return
    shares = [np.mean([unit.count(category) / len(unit) for unit in rated]) for category in range(3)]
    chance = sum(share * (1 - share) for share in shares) / 2
    assert found.chance == pytest.approx(chance)
    assert found.estimate == pytest.approx((found.observed - chance) / (1 - chance))


@settings(deadline=None, max_examples=60)
@given(rating_matrices(max_raters=4), st.permutations(range(3)), st.randoms(use_true_random=False))
def test_neither_names_nor_order_matter(ratings, renamed, random):
    names = np.array([*renamed, MISSING], dtype=np.int8)  # the last one is what -1 looks up
    raters, units = (random.sample(range(n), n) for n in ratings.shape)
    before, after = agreement(ratings, 3), agreement(names[ratings][raters][:, units], 3)
    for measure in Measure:
        assert after[measure].interval == pytest.approx(before[measure].interval, nan_ok=True)


@settings(deadline=None, max_examples=60)
@given(rating_matrices())
def test_every_interval_holds_its_estimate_and_all_measures_speak_of_the_same_units(ratings):
    found = agreement(ratings, 3)
    assert len({(c.n_units, c.n_raters) for c in found.values()}) == 1
    for coefficient in found.values():
        _, low, high = coefficient.interval
        assert high <= 1 + 1e-12
        if coefficient.is_defined:
            assert low - 1e-9 <= coefficient.estimate <= high + 1e-9
            assert low < high


def test_two_raters_percent_agreement_has_wilsons_interval():
    found = percent_agreement(ABSTRACTORS, 3)
    assert found.interval == pytest.approx(wilson(89, 100), abs=1e-12)
    low, high = (np.array(wilson(89, 100)[1:]) - 1 / 3) / (1 - 1 / 3)
    assert pabak(ABSTRACTORS, 3).interval[1:] == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize("coefficient", [percent_agreement, cohen_kappa, pabak, gwet_ac1, krippendorff_alpha])
def test_standard_errors_are_those_of_leaving_one_unit_out(coefficient):
    """The jackknife knows nothing of the formulas; on many units both say the same."""
    rng = np.random.default_rng(11)
    truth = rng.choice(3, 400, p=[0.15, 0.25, 0.6])
    ratings = np.where(rng.random((4, 400)) < 0.8, truth, rng.integers(0, 3, (4, 400))).astype(np.int8)
    ratings[rng.random(ratings.shape) < 0.2] = MISSING
    ratings = compared_units(ratings)
    n = ratings.shape[1]
    left_out = np.array([coefficient(np.delete(ratings, unit, axis=1), 3).estimate for unit in range(n)])
    jackknife = np.sqrt((n - 1) / n * np.square(left_out - left_out.mean()).sum())
    assert coefficient(ratings, 3).standard_error == pytest.approx(jackknife, rel=0.02)


def test_agreement_on_everything_is_not_taken_for_certainty():
    ratings = rating_matrix([[0, 1, 2, 2, 2, 2, 2, 2, 2, 2]] * 2)
    for measure, found in agreement(ratings, 3).items():
        assert found.estimate == pytest.approx(1), measure
        assert found.interval.low < 0.8, measure


def test_raters_who_never_vary_leave_kappa_and_alpha_undefined():
    found = agreement(rating_matrix([[2] * 30] * 2), 3)
    assert not found[Measure.KAPPA].is_defined and not found[Measure.ALPHA].is_defined
    assert found[Measure.KAPPA].interval[1:] == (-1.0, 1.0)
    assert found[Measure.AC1].estimate == found[Measure.PABAK].estimate == found[Measure.PERCENT].estimate == 1.0


def test_nothing_to_compare_is_no_agreement_and_no_crash():
    for ratings in (np.zeros((0, 0)), np.zeros((1, 5)), [[0, -1], [-1, 0]]):
        for found in agreement(rating_matrix(ratings), 3).values():
            assert (found.n_units, found.n_raters, found.is_defined) == (0, 0, False)


def test_the_measures_of_one_unit_say_almost_nothing():
    for found in agreement(rating_matrix([[0], [2]]), 3).values():
        assert found.n_units == 1
        assert found.interval.high - found.interval.low > 0.5


def test_impossible_ratings_are_refused():
    for ratings, n_categories in (([[0, 3], [0, 1]], 3), ([[0, -2], [0, 1]], 3), ([[0, 0], [0, 0]], 1)):
        with pytest.raises(ValenceError):
            agreement(rating_matrix(ratings), n_categories)
    with pytest.raises(ValenceError, match="shape"):
        rating_matrix([1, 2])


def test_raters_are_paired_where_they_met():
    ratings = rating_matrix([[0, 1, -1], [-1, 1, -1], [-1, -1, 2], [0, -1, 2]])
    assert pairs_of_raters(ratings) == [(0, 1), (0, 3), (2, 3)]


def _simulated(rng, accuracy, n_units, n_raters=2):
    """Raters who each see the truth with this chance, and take one of the other answers else; 85 % are positive."""
    truth = rng.choice(3, n_units, p=[0.1, 0.05, 0.85])
    sees = rng.random((n_raters, n_units)) < accuracy
    return np.where(sees, truth, (truth + rng.integers(1, 3, (n_raters, n_units))) % 3).astype(np.int8)


@pytest.mark.parametrize(
    ("accuracy", "n_units", "n_raters"), [(0.99, 20, 2), (0.95, 60, 2), (0.85, 60, 2), (0.9, 40, 4)]
)
def test_the_intervals_hold_the_true_values(accuracy, n_units, n_raters):
    rng = np.random.default_rng(12)
    true = {m: c.estimate for m, c in agreement(_simulated(rng, accuracy, 400_000, n_raters), 3).items()}
    n_runs, held, defined = 300, dict.fromkeys(Measure, 0), dict.fromkeys(Measure, 0)
    for _ in range(n_runs):
        for measure, found in agreement(_simulated(rng, accuracy, n_units, n_raters), 3).items():
            defined[measure] += found.is_defined
            held[measure] += found.is_defined and found.interval.holds(true[measure])
    for measure in Measure:
        assert defined[measure] > 0.8 * n_runs
        assert 0.90 <= held[measure] / defined[measure] <= 1.0, (measure, held[measure] / defined[measure])


def test_the_usual_interval_fails_where_raters_nearly_always_agree():
    """Why ours is another one: estimate -+ t standard errors, as irrCAC gives it, on the same samples."""
    rng, n_runs, n_units = np.random.default_rng(13), 300, 20
    true = gwet_ac1(_simulated(rng, 0.99, 400_000), 3).estimate
    usual, ours = 0, 0
    for _ in range(n_runs):
        found = gwet_ac1(_simulated(rng, 0.99, n_units), 3)
        usual += abs(found.estimate - true) <= t_quantile(0.95, n_units - 1) * found.standard_error
        ours += found.interval.holds(true)
    assert usual / n_runs < 0.5
    assert ours / n_runs > 0.9

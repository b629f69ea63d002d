"""The privacy that noise costs, against the exact figures for a Gaussian and against a search over all orders."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from core.progress import finish
from core.tabular.engines.private.accounting import choice_epsilon, delta_of, noise_for, rho_for
from core.tabular.engines.private.measuring import count_columns, keep_frequent, shares_of, total_of
from core.tabular.engines.private.noise import noise_generator
from core.tabular.engines.private.pairs import choose_pairs, count_tree, worth_of_pairs
from core.tabular.plain import PlainColumn, PlainTable

BUDGETS = [(0.1, 1e-6), (1.0, 1e-6), (3.0, 1e-6), (3.0, 1e-9), (10.0, 1e-5)]


def exact_delta(sigma: float, epsilon: float) -> float:
    """Of one Gaussian with sensitivity 1: Balle & Wang (2018), theorem 8."""
    a, b = 1 / (2 * sigma), epsilon * sigma
    return norm.cdf(a - b) - math.exp(epsilon) * norm.cdf(-a - b)


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
def test_the_noise_keeps_the_stated_guarantee_and_is_not_much_more_than_that_takes(epsilon, delta):
    sigma = noise_for(rho_for(epsilon, delta))
    assert exact_delta(sigma, epsilon) <= delta
    assert exact_delta(sigma * 0.75, epsilon) > delta


@pytest.mark.parametrize("rho", [0.001, 0.05, 1.0, 7.0])
@pytest.mark.parametrize("epsilon", [0.5, 3.0, 20.0])
def test_delta_is_the_least_over_all_orders(rho, epsilon):
    order = 1 + np.geomspace(1e-4, 1e5, 400_000)
    log_delta = (order - 1) * (order * rho - epsilon) - np.log(order - 1) + order * np.log1p(-1 / order)
    assert delta_of(rho, epsilon) == pytest.approx(min(1.0, math.exp(min(log_delta.min(), 0.0))), rel=1e-4)


@pytest.mark.parametrize(("epsilon", "delta"), BUDGETS)
def test_rho_is_the_greatest_that_fits_and_beats_the_simple_bound(epsilon, delta):
    rho = rho_for(epsilon, delta)
    assert delta_of(rho, epsilon) <= delta < delta_of(rho * 1.001, epsilon)
    log = math.log(1 / delta)
    simple = (math.sqrt(epsilon + log) - math.sqrt(log)) ** 2  # of epsilon = rho + 2 sqrt(rho log(1 / delta))
    assert simple < rho < epsilon


def test_counting_columns_and_pairs_spends_what_it_is_given():
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 3, 200).astype(np.int32) for _ in range(4)]
    noisy = count_columns(codes, [3] * 4, 0.3, rng)
    assert sum(1 / (2 * one.deviation[0] ** 2) for one in noisy) == pytest.approx(0.3)
    pairs = finish(count_tree(codes, noisy, 0.2, rng))
    assert sum(1 / (2 * one.deviation[0, 0] ** 2) for one in pairs) == pytest.approx(0.2)
    assert 3 * choice_epsilon(0.2 / 3) ** 2 / 8 == pytest.approx(0.2)


def test_the_noise_added_has_the_stated_deviation():
    codes = [np.zeros(50, dtype=np.int32)]
    [noisy] = count_columns(codes, [20_000], 0.02, np.random.default_rng(1))
    off = noisy.counts - np.r_[50, np.zeros(19_999)]
    assert off.std() == pytest.approx(noise_for(0.02), rel=0.03)
    assert off.mean() == pytest.approx(0, abs=4 * noise_for(0.02) / math.sqrt(20_000))


def test_one_row_changes_the_worth_of_a_pair_by_at_most_one():
    rng = np.random.default_rng(2)
    codes = [rng.integers(0, size, 60).astype(np.int32) for size in (2, 5, 3)]
    noisy = count_columns(codes, [2, 5, 3], 0.5, rng)
    worth = finish(worth_of_pairs(codes, noisy, 1.0))
    for row in range(60):
        fewer = finish(worth_of_pairs([np.delete(own, row) for own in codes], noisy, 1.0))
        assert max(abs(worth[pair] - fewer[pair]) for pair in worth) <= 1 + 1e-9


def test_pairs_are_chosen_as_the_exponential_mechanism_says():
    worth = {(0, 1): 0.0, (0, 2): 1.0, (1, 2): 3.0}
    epsilon = choice_epsilon(0.1)
    rng = np.random.default_rng(3)
    first = [choose_pairs(worth, 3, 0.2, rng)[0] for _ in range(4000)]
    chances = np.exp(np.array([worth[pair] for pair in worth]) * epsilon / 2)
    shares = [first.count(pair) / 4000 for pair in worth]
    assert shares == pytest.approx(chances / chances.sum(), abs=0.03)


def test_codes_that_noise_hides_share_one_code_and_keep_their_counts():
    codes = [np.repeat(np.arange(6, dtype=np.int32), [500, 1, 0, 300, 1, 1])]
    [noisy] = count_columns(codes, [6], 0.1, np.random.default_rng(4))
    kept, merged = keep_frequent(noisy)
    assert kept.new_of.tolist() == [0, 2, 2, 1, 2, 2]
    assert merged.counts.sum() == pytest.approx(noisy.counts.sum())
    assert merged.deviation[2] == pytest.approx(2 * noisy.deviation[0])
    members = kept.one_of(np.full(4000, 2, dtype=np.int32), np.array([1, 1, 0, 1, 1, 0.5]), np.random.default_rng(0))
    assert np.bincount(members, minlength=6) / 4000 == pytest.approx([0, 0.4, 0, 0, 0.4, 0.2], abs=0.04)


def test_the_number_of_rows_and_shares_come_from_noisy_counts_alone():
    codes = [np.zeros(4000, dtype=np.int32), np.repeat(np.arange(2, dtype=np.int32), 2000)]
    noisy = count_columns(codes, [1, 2], 0.5, np.random.default_rng(5))
    assert total_of(noisy) == pytest.approx(4000, abs=10)
    assert total_of(noisy) != 4000
    assert shares_of(noisy[1]) == pytest.approx([0.5, 0.5], abs=0.01)


def test_noise_differs_by_seed_by_secret_and_by_table():
    def table(code: int) -> PlainTable:
        return PlainTable((PlainColumn("a", n_codes=3),), {"a": np.array([0, code], dtype=np.int32)})

    first = noise_generator(table(1), 0, "s").normal()
    assert noise_generator(table(1), 0, "s").normal() == first
    others = [noise_generator(table(2), 0, "s"), noise_generator(table(1), 1, "s"), noise_generator(table(1), 0, "t")]
    assert first not in [other.normal() for other in others]

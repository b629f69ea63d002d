"""Ranks, normal scores and bins of numbers: exact on few values, right in the marginal on many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.tabular.engines.networks.bins import fit_bins
from core.tabular.engines.networks.encoding import fit_encoding, load_encoding
from core.tabular.engines.networks.scales import MOST_POINTS, fit_scale
from core.tabular.plain import PlainColumn, PlainTable

RNG = np.random.default_rng(4)
COUNTS = np.minimum(np.random.default_rng(1).poisson(1.2, 3000), 9).astype(float)
AMOUNTS = np.round(np.random.default_rng(2).gamma(1.5, 40.0, 5000), 2)
SPIKED = np.where(np.random.default_rng(3).random(5000) < 0.4, 0.0, AMOUNTS)


def column(numbers, step):
    return PlainColumn("x", 0, float(numbers.min()), float(numbers.max()), step)


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_few_values_come_back_exactly(values):
    numbers = np.array(values, dtype=float)
    scale = fit_scale(column(numbers, 1.0), numbers)
    assert np.array_equal(scale.at_ranks(scale.ranks_of(numbers, RNG)), numbers)
    bins = fit_bins(scale, 100)
    assert bins.n_bins == len(set(values))
    assert np.array_equal(bins.at_bins(bins.bins_of(numbers, RNG), RNG), numbers)


@pytest.mark.parametrize(("numbers", "step"), [(COUNTS, 1.0), (AMOUNTS, 0.01), (SPIKED, 0.01), (AMOUNTS * np.pi, 0.0)])
def test_scores_are_standard_normal_and_evenly_drawn_ranks_give_the_training_marginal(numbers, step):
    scale = fit_scale(column(numbers, step), numbers)
    scores = scale.scores_of(numbers, np.random.default_rng(0))
    assert stats.kstest(scores, "norm").statistic < 0.025
    even = (np.arange(20_000) + 0.5) / 20_000
    assert stats.ks_2samp(scale.at_ranks(even), numbers).statistic < 2 / MOST_POINTS + 1e-9


def test_numbers_of_any_score_are_on_the_grid_and_within_bounds():
    scale = fit_scale(column(SPIKED, 0.01), SPIKED)
    found = scale.at_scores(np.linspace(-9, 9, 5001).astype(np.float32))
    assert np.array_equal(found, np.round(found, 2))
    assert found.min() >= SPIKED.min()
    assert found.max() <= SPIKED.max()
    assert np.all(np.diff(found) >= 0)


def test_a_value_with_many_rows_has_a_bin_to_itself_and_the_others_share_the_rest_evenly():
    scale = fit_scale(column(SPIKED, 0.01), SPIKED)
    bins = fit_bins(scale, 20)
    found = bins.bins_of(SPIKED, RNG)
    counts = np.bincount(found, minlength=bins.n_bins)
    assert 10 <= bins.n_bins <= 20
    assert set(SPIKED[found == 0]) == {0.0}
    assert counts[0] == (SPIKED == 0).sum()
    assert counts[1:-1].max() < 1.3 * counts[1:-1].min()


def test_numbers_drawn_from_bins_have_the_training_marginal():
    bins = fit_bins(fit_scale(column(AMOUNTS, 0.01), AMOUNTS), 16)
    drawn = bins.at_bins(bins.bins_of(AMOUNTS, RNG), np.random.default_rng(5))
    assert stats.ks_2samp(drawn, AMOUNTS).statistic < 0.01


def plain():
    columns = (
        PlainColumn("a", 5),
        column(COUNTS[:300], 1.0),
        PlainColumn("y", 0, 0.0, 900.0, 0.01),
        PlainColumn("t", 2),
    )
    values = {
        "a": (np.arange(300) % 5).astype(np.int32),
        "x": COUNTS[:300],
        "y": AMOUNTS[:300],
        "t": (np.arange(300) % 2).astype(np.int32),
    }
    return PlainTable(columns, values, "t")


@pytest.mark.parametrize("bins", [0, 12])
def test_a_table_comes_back_from_codes_and_scores_and_so_does_its_saved_encoding(bins):
    table = plain()
    encoding = fit_encoding(table, bins)
    assert encoding.n_codes == ((5, 2) if bins == 0 else (5, len(set(COUNTS[:300])), 2))
    assert list(np.diff(encoding.offsets)) == list(encoding.n_codes)
    saved = encoding.saved()
    again = load_encoding(saved.settings, saved.arrays)
    back = again.decode(again.encode(table, seed=3))
    assert back.target == "t"
    assert list(back.values) == ["a", "x", "y", "t"]
    for name in ("a", "x", "t"):
        assert np.array_equal(back.values[name], table.values[name])
    assert np.allclose(back.numbers("y"), table.numbers("y"), atol=0.011)


def test_all_numbers_are_bins_where_that_is_asked_for():
    encoding = fit_encoding(plain(), bins=12, all_binned=True)
    rows = encoding.encode(plain(), seed=0)
    assert rows.scores.shape == (300, 0)
    assert rows.codes.shape == (300, 4)
    assert (rows.codes.max(axis=0) < encoding.n_codes).all()
    assert stats.spearmanr(encoding.decode(rows).numbers("y"), AMOUNTS[:300]).statistic > 0.97

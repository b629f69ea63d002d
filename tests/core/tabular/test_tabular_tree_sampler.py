"""The tree sampler on tables whose distribution is known: what it draws, and what it draws under conditions."""

import numpy as np
import pytest
from scipy.special import expit

from core.errors import ValenceError
from core.progress import finish
from core.tabular.engines.tree_sampler import fit, load
from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.plain import Condition, PlainColumn, PlainTable

SETTINGS = TreeSamplerSettings()
CHANCE = np.array([0.02, 0.02, 0.02, 0.1, 0.3])  # of the rare class, by the code of "place"


def known_table(n_rows: int = 2000) -> PlainTable:
    """place -> price (a normal of its own) and clicked (a rare class); "hour" has nothing to do with them."""
    rng = np.random.default_rng(0)
    place = rng.choice(5, n_rows, p=[0.3, 0.3, 0.2, 0.1, 0.1]).astype(np.int32)
    values = {
        "hour": np.floor(rng.random(n_rows) * 24),
        "place": place,
        "price": np.clip(np.round(10.0 * place + rng.normal(0, 2, n_rows), 6), -9, 60),
        "clicked": (rng.random(n_rows) < CHANCE[place]).astype(np.int32),
    }
    columns = (
        PlainColumn("hour", low=0, high=23, step=1),
        PlainColumn("place", n_codes=5),
        PlainColumn("price", low=-9, high=60, step=1e-6),
        PlainColumn("clicked", n_codes=2),
    )
    return PlainTable(columns, values, "clicked")


@pytest.fixture(scope="module")
def table():
    return known_table()


@pytest.fixture(scope="module")
def sampler(table):
    return finish(fit(table, SETTINGS, seed=0, budget_s=60))


@pytest.fixture(scope="module")
def rows(sampler):
    return finish(sampler.sample(6000, seed=1))


def test_single_columns_keep_their_shares(table, rows):
    shares = np.bincount(rows.codes("place"), minlength=5) / 6000
    assert shares == pytest.approx(np.bincount(table.codes("place"), minlength=5) / 2000, abs=0.02)
    assert rows.numbers("hour").mean() == pytest.approx(table.numbers("hour").mean(), abs=0.4)


def test_a_number_follows_the_code_it_depends_on(rows):
    for place in range(5):
        prices = rows.numbers("price")[rows.codes("place") == place]
        assert prices.mean() == pytest.approx(10 * place, abs=0.5)
        assert prices.std() == pytest.approx(2, abs=0.5)


def test_the_rare_class_follows_the_code_it_depends_on(table, rows):
    seen, made = (
        [one.codes("clicked")[one.codes("place") == place].mean() for place in range(5)] for one in (table, rows)
    )
    assert made == pytest.approx(seen, abs=0.04)


def test_unrelated_columns_stay_unrelated(rows):
    assert abs(np.corrcoef(rows.numbers("hour"), rows.codes("place"))[0, 1]) < 0.05


def test_no_number_with_many_digits_is_repeated(table, rows):
    assert np.isin(rows.numbers("price"), table.numbers("price")).mean() < 0.01


def test_rows_of_the_rare_class_are_drawn_by_the_rule_of_bayes(sampler):
    rare = finish(sampler.sample(4000, seed=2, where=[Condition("clicked", frozenset({1}))]))
    expected = CHANCE * np.array([0.3, 0.3, 0.2, 0.1, 0.1])
    assert (rare.codes("clicked") == 1).all()
    shares = np.bincount(rare.codes("place"), minlength=5) / 4000
    assert shares == pytest.approx(expected / expected.sum(), abs=0.12)
    for place in (3, 4):
        assert rare.numbers("price")[rare.codes("place") == place].mean() == pytest.approx(10 * place, abs=0.7)


def test_no_row_of_the_rare_class_is_drawn_in_vain(sampler):
    notes = [progress.note for progress in sampler.sample(2000, seed=3, where=[Condition("clicked", frozenset({1}))])]
    assert notes == ["2,000 rows kept of 2,000 drawn"]


def test_a_condition_on_a_late_number_steers_the_columns_before_it(sampler):
    dear = finish(sampler.sample(1000, seed=4, where=[Condition("price", low=27.5, high=32.5)]))
    assert dear.numbers("price").min() >= 27.5
    assert dear.numbers("price").max() <= 32.5
    assert (dear.codes("place") == 3).mean() > 0.95


def test_conditions_hold_together(sampler):
    where = [Condition("hour", low=5, high=7), Condition("place", frozenset({4})), Condition("clicked", frozenset({1}))]
    rows = finish(sampler.sample(500, seed=5, where=where))
    assert set(rows.numbers("hour")) == {5.0, 6.0, 7.0}
    assert set(rows.codes("place")) == {4}
    assert set(rows.codes("clicked")) == {1}
    assert rows.numbers("price").mean() == pytest.approx(40, abs=1)


def test_conditions_that_never_meet_say_how_often_each_did(sampler):
    where = [Condition("place", frozenset({0})), Condition("price", low=38, high=42)]
    with pytest.raises(ValenceError, match="place in 1 chosen value by"):
        finish(sampler.sample(50, seed=6, where=where))


def test_codes_that_no_condition_leaves_are_refused(sampler):
    where = [Condition("clicked", frozenset({0})), Condition("clicked", frozenset({1}))]
    with pytest.raises(ValenceError, match="0 meet the condition"):
        finish(sampler.sample(5, seed=6, where=where))


def test_a_boosted_chance_is_closer_than_a_leaf_would_be():
    rng = np.random.default_rng(7)
    x = rng.normal(size=2000)
    clicked = (rng.random(2000) < expit(-3 + x)).astype(np.int32)
    columns = (PlainColumn("x", low=-9, high=9), PlainColumn("clicked", n_codes=2))
    sampler = finish(fit(PlainTable(columns, {"x": x, "clicked": clicked}, "clicked"), SETTINGS, 0, 60))
    rows = finish(sampler.sample(20_000, seed=1))
    high = rows.numbers("x") > 1
    assert rows.codes("clicked")[high].mean() == pytest.approx(expit(-3 + rows.numbers("x")[high]).mean(), abs=0.04)


def test_a_target_of_many_classes_is_drawn_from_leaves():
    rng = np.random.default_rng(8)
    x = rng.integers(0, 12, 2000).astype(np.float64)
    columns = (PlainColumn("x", low=0, high=11, step=1), PlainColumn("kind", n_codes=12))
    table = PlainTable(columns, {"x": x, "kind": x.astype(np.int32)}, "kind")
    rows = finish(finish(fit(table, SETTINGS, 0, 60)).sample(1000, seed=1))
    assert (rows.codes("kind") == rows.numbers("x")).mean() > 0.9


def test_a_loaded_sampler_draws_the_same_rows(sampler):
    again = finish(load(sampler.saved()).sample(300, seed=9))
    first = finish(sampler.sample(300, seed=9))
    assert all(np.array_equal(again.values[name], first.values[name]) for name in first.values)


def test_a_table_without_target_and_of_one_row_can_be_sampled():
    columns = (PlainColumn("x", low=3, high=3), PlainColumn("c", n_codes=1))
    table = PlainTable(columns, {"x": np.array([3.0]), "c": np.array([0], dtype=np.int32)})
    rows = finish(finish(fit(table, SETTINGS, 0, 60)).sample(5, seed=0))
    assert rows.numbers("x").tolist() == [3.0] * 5


def test_slots_that_never_repeat_are_drawn_without_repeats():
    rng = np.random.default_rng(9)
    ranked = np.argsort(rng.random((2000, 5)) - 0.1 * np.arange(5), axis=1).astype(np.int32)
    columns = (PlainColumn("one", n_codes=5), PlainColumn("two", n_codes=5))
    table = PlainTable(columns, {"one": ranked[:, 0], "two": ranked[:, 1]})
    rows = finish(finish(fit(table, SETTINGS, 0, 60)).sample(5000, seed=1))
    assert (rows.codes("one") == rows.codes("two")).sum() == 0


def test_a_budget_that_ends_while_boosting_delivers_nothing(monkeypatch):
    ticks = iter(range(1000))
    monkeypatch.setattr("core.tabular.budget.time.process_time", lambda: float(next(ticks)))
    with pytest.raises(ValenceError, match="Boosting 'clicked'"):
        finish(fit(known_table(200), SETTINGS, seed=0, budget_s=14))

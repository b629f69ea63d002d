"""DP-MST as a whole, and the stated domains it works within."""

import numpy as np
import pytest
from pydantic import ValidationError

from core.errors import InvalidInput, ValenceError
from core.progress import finish
from core.tabular.engines.dp_mst import fit, load
from core.tabular.engines.dp_mst_settings import ColumnDomain, DpMstSettings, Spacing
from core.tabular.engines.private.domains import binned_columns, public_domain
from core.tabular.plain import Condition, PlainColumn, PlainTable

COLUMNS = (
    PlainColumn("kind", n_codes=3),
    PlainColumn("count", low=0, high=900, step=1),
    PlainColumn("price", low=-1, high=1),
    PlainColumn("clicked", n_codes=2),
)
LOOSE = DpMstSettings(epsilon=100, lists_and_ranges_are_public=True)
STATED = (
    ColumnDomain(column="kind", n_codes=3),
    ColumnDomain(column="count", low=0, high=100, bins=10),
    ColumnDomain(column="price", low=-1, high=1),
    ColumnDomain(column="clicked", n_codes=2),
)


def known_table(n_rows: int = 2000, seed: int = 0) -> PlainTable:
    """kind -> count and clicked; price has nothing to do with them."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, n_rows, p=[0.5, 0.3, 0.2]).astype(np.int32)
    values = {
        "kind": kind,
        "count": np.floor(np.array([0, 20, 60])[kind] + rng.random(n_rows) * 20),
        "price": rng.uniform(-1, 1, n_rows),
        "clicked": (rng.random(n_rows) < np.array([0.05, 0.2, 0.6])[kind]).astype(np.int32),
    }
    return PlainTable(COLUMNS, values, "clicked")


def fitted(settings=LOOSE, seed=0, table=None):
    return finish(fit(table or known_table(), settings, seed, budget_s=60))


@pytest.fixture(scope="module")
def model():
    return fitted()


def test_with_privacy_to_spare_columns_and_dependencies_are_kept(model):
    table, rows = known_table(), finish(model.sample(6000, seed=1))
    for kind in range(3):
        seen, made = table.codes("kind") == kind, rows.codes("kind") == kind
        assert made.mean() == pytest.approx(seen.mean(), abs=0.02)
        assert rows.numbers("count")[made].mean() == pytest.approx(table.numbers("count")[seen].mean(), abs=4)
        assert rows.codes("clicked")[made].mean() == pytest.approx(table.codes("clicked")[seen].mean(), abs=0.05)
    assert abs(np.corrcoef(rows.numbers("price"), rows.codes("kind"))[0, 1]) < 0.05


def test_with_little_privacy_left_rows_still_keep_to_the_domains():
    rows = finish(fitted(DpMstSettings(epsilon=0.01, lists_and_ranges_are_public=True)).sample(500, seed=1))
    assert rows.codes("kind").max() < 3
    assert rows.numbers("count").min() >= 0
    assert rows.numbers("count").max() <= 900
    assert (rows.numbers("count") == np.round(rows.numbers("count"))).all()


def test_less_epsilon_means_more_error():
    table = known_table()
    errors = []
    for epsilon in (0.02, 0.2, 20.0):
        rows = finish(fitted(DpMstSettings(epsilon=epsilon, domains=STATED)).sample(6000, seed=1))
        shares = (np.bincount(one.codes("kind"), minlength=3) / len(one) for one in (table, rows))
        errors.append(float(np.abs(np.subtract(*shares)).sum()))
    assert errors[0] > errors[1] > errors[2]


def test_every_column_without_a_domain_is_named():
    with pytest.raises(InvalidInput) as raised:
        fitted(DpMstSettings(domains=STATED[:2]))
    assert [problem.field for problem in raised.value.problems] == ["price", "clicked"]


def test_domains_that_do_not_fit_the_columns_are_all_named():
    domains = (
        ColumnDomain(column="kind", n_codes=4),
        ColumnDomain(column="count", n_codes=3),
        ColumnDomain(column="price", low=0, high=1),
        ColumnDomain(column="clicked", low=0, high=1),
        ColumnDomain(column="colour", n_codes=2),
    )
    with pytest.raises(InvalidInput) as raised:
        binned_columns(COLUMNS, DpMstSettings(domains=domains))
    assert {problem.field for problem in raised.value.problems} == {"kind", "count", "clicked", "colour"}


@pytest.mark.parametrize(
    "domains",
    [
        [{"column": "a"}],
        [{"column": "a", "n_codes": 2, "low": 0, "high": 1}],
        [{"column": "a", "low": 0}],
        [{"column": "a", "low": 2, "high": 1}],
        [{"column": "a", "low": -2, "high": 1, "spacing": "log"}],
        [{"column": "a", "n_codes": 2}, {"column": "a", "n_codes": 2}],
    ],
)
def test_domains_that_say_too_little_or_too_much_are_refused(domains):
    with pytest.raises((InvalidInput, ValidationError)):
        DpMstSettings(domains=domains)


def test_a_stated_range_holds_whatever_the_rows_hold():
    settings = DpMstSettings(epsilon=100, domains=STATED)
    table = known_table()
    table.values["count"][:400] = 850.0
    rows = finish(fitted(settings, table=table).sample(2000, seed=1))
    assert rows.numbers("count").max() <= 100
    assert (rows.numbers("count") > 90).mean() == pytest.approx((table.numbers("count") > 90).mean(), abs=0.03)


@pytest.mark.parametrize("spacing", Spacing)
@pytest.mark.parametrize("column", COLUMNS[1:3])
def test_a_number_drawn_from_its_bin_has_that_bin_again(column, spacing):
    low = max(column.low, 0)
    domain = ColumnDomain(column=column.name, low=low, high=column.high, bins=7, spacing=spacing)
    [binned] = binned_columns([column], DpMstSettings(domains=(domain,)))
    codes = np.repeat(np.arange(binned.n_codes, dtype=np.int32), 300)
    drawn = binned.draw(codes, [], np.random.default_rng(0))
    assert binned.codes_of(drawn).tolist() == codes.tolist()
    assert binned.n_codes <= 7
    assert drawn.min() >= low
    assert drawn.max() <= column.high


def test_a_short_grid_has_one_bin_for_each_of_its_numbers():
    column = PlainColumn("hour", low=0, high=23, step=1)
    [binned] = binned_columns([column], DpMstSettings(domains=(public_domain(column),)))
    hours = np.arange(24.0)
    assert binned.codes_of(hours).tolist() == list(range(24))
    assert binned.draw(np.arange(24, dtype=np.int32), [], np.random.default_rng(0)).tolist() == hours.tolist()


def test_half_a_bin_that_meets_counts_half_and_only_that_half_is_drawn():
    domain = ColumnDomain(column="price", low=-1, high=1, bins=2)
    [binned] = binned_columns(COLUMNS[2:3], DpMstSettings(domains=(domain,)))
    where = [Condition("price", low=0.25, high=0.5)]
    assert binned.shares_met(where) == pytest.approx([0, 0.25])
    drawn = binned.draw(np.ones(500, dtype=np.int32), where, np.random.default_rng(0))
    assert drawn.min() >= 0.25
    assert drawn.max() <= 0.5


def test_conditions_are_met_by_the_rule_of_bayes_and_nothing_is_drawn_in_vain(model):
    where = [Condition("clicked", frozenset({1})), Condition("count", low=5, high=70)]
    rows = finish(model.sample(4000, seed=2, where=where))
    table = known_table()
    met = (table.codes("clicked") == 1) & (table.numbers("count") >= 5) & (table.numbers("count") <= 70)
    seen = np.bincount(table.codes("kind")[met], minlength=3) / met.sum()
    assert np.bincount(rows.codes("kind"), minlength=3) / 4000 == pytest.approx(seen, abs=0.07)
    assert rows.numbers("count").min() >= 5
    assert rows.numbers("count").max() <= 70
    assert set(rows.codes("clicked")) == {1}


def test_conditions_that_exclude_each_other_are_refused(model):
    where = [Condition("count", low=10, high=20), Condition("count", low=30, high=40)]
    with pytest.raises(ValenceError, match="count"):
        finish(model.sample(5, seed=0, where=where))


def test_the_same_seed_on_another_table_does_not_repeat_the_noise():
    settings = DpMstSettings(epsilon=1, domains=STATED)
    table = known_table()
    fewer = table.take(np.arange(1, 2000))
    first, second = (fitted(settings, table=one).saved().arrays["chances-0"] for one in (table, fewer))
    assert np.abs(first - second).max() > 2 / 2000  # more than the one row explains


def test_a_saved_model_holds_no_secret_and_draws_the_same_rows():
    model = fitted(DpMstSettings(secret="carrots", domains=STATED))
    saved = model.saved()
    assert "carrots" not in repr(saved.settings)
    again, first = finish(load(saved).sample(300, seed=3)), finish(model.sample(300, seed=3))
    assert all(np.array_equal(again.values[name], first.values[name]) for name in first.values)


def test_one_column_of_one_value_can_be_fitted():
    table = PlainTable((PlainColumn("x", low=3, high=3),), {"x": np.full(50, 3.0)})
    assert finish(fitted(LOOSE, table=table).sample(4, seed=0)).numbers("x").tolist() == [3.0] * 4

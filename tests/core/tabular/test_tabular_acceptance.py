"""Judges of draws: accepted rows follow the real ones' distribution, whatever the draws' is."""

import numpy as np
import pytest

from core.errors import CorruptArtefact
from core.progress import finish
from core.tabular.budget import Budget
from core.tabular.engines.acceptance import LEAST_ACCEPTED, _ceiling_for, learn_acceptance, load_acceptance
from core.tabular.engines.classes import classes_of
from core.tabular.engines.implied import find_implied, load_implied
from core.tabular.engines.rare_codes import find_rare_codes, load_rare_codes
from core.tabular.plain import Condition, PlainColumn, PlainTable

COLUMNS = (PlainColumn("kind", n_codes=4), PlainColumn("size", low=0.0, high=1.0))
SHARES = np.array([0.55, 0.3, 0.1, 0.05])


def rows_of(kind: np.ndarray, size: np.ndarray) -> PlainTable:
    return PlainTable(COLUMNS, {"kind": kind.astype(np.int32), "size": size}, "")


def real(n: int) -> PlainTable:
    rng = np.random.default_rng(0)
    kind = rng.choice(4, n, p=SHARES)
    return rows_of(kind, rng.beta(1 + 2 * (kind == 0), 1, n))


def draw(n: int, rng: np.random.Generator) -> PlainTable:
    return rows_of(rng.integers(4, size=n), rng.random(n))


def test_accepted_rows_have_the_real_shares_and_the_real_dependence() -> None:
    acceptance = finish(learn_acceptance(draw, real(4000), 2, 0, Budget(100.0)))
    rng, parts = np.random.default_rng(1), [PlainTable(COLUMNS, {"kind": np.empty(0), "size": np.empty(0)})]
    while sum(map(len, parts)) < 4000:
        parts.append(acceptance.accepting(draw)(1000, rng))
    kind = np.concatenate([part.values["kind"] for part in parts]).astype(int)
    size = np.concatenate([part.values["size"] for part in parts])
    assert np.abs(np.bincount(kind, minlength=4) / len(kind) - SHARES).max() < 0.03
    assert abs(size[kind == 0].mean() - 0.75) < 0.03 and abs(size[kind == 1].mean() - 0.5) < 0.03
    assert 0.09 < acceptance.rate < 0.25  # 1 / the greatest ratio of the densities, 2.2 * 3, is 0.15

    saved = acceptance.saved()
    loaded = load_acceptance(COLUMNS, saved.settings, saved.arrays)
    np.testing.assert_array_equal(loaded.log_odds(real(500)), acceptance.log_odds(real(500)))
    with pytest.raises(CorruptArtefact, match="Judge 2"):
        load_acceptance(COLUMNS, saved.settings, {**saved.arrays, "judge1": saved.arrays["judge1"][:100]})


def test_without_judges_every_draw_is_accepted() -> None:
    acceptance = finish(learn_acceptance(draw, real(100), 0, 0, Budget(100.0)))
    assert acceptance.accepting(draw) is draw and (acceptance.log_odds(real(5)) == 0).all()


def test_the_ceiling_is_near_the_greatest_odds_unless_too_little_would_be_accepted() -> None:
    even = np.log(np.repeat([0.5, 1.0, 1.5], 100))
    assert _ceiling_for(even, LEAST_ACCEPTED) == even.max()
    heavy = np.random.default_rng(0).normal(0, 4, 2000)
    ceiling = _ceiling_for(heavy, 0.05)
    assert ceiling < heavy.max() and np.exp(np.minimum(heavy - ceiling, 0)).mean() == pytest.approx(0.05, abs=1e-6)


def many_codes(n: int = 3000) -> PlainTable:
    rng = np.random.default_rng(0)
    columns = (PlainColumn("wide", n_codes=500), PlainColumn("narrow", n_codes=3), PlainColumn("label", n_codes=2))
    wide = np.minimum(rng.geometric(0.02, n), 500) - 1
    values = {"wide": wide, "narrow": rng.integers(3, size=n), "label": rng.integers(2, size=n)}
    return PlainTable(columns, {name: codes.astype(np.int32) for name, codes in values.items()}, "label")


def test_rare_codes_share_one_and_part_again_by_their_counts() -> None:
    table = many_codes()
    rare = find_rare_codes(table, 60)
    small = rare.merged(table)
    assert [column.n_codes for column in small.columns] == [57, 3, 2]
    back = rare.parted(small, np.random.default_rng(1))
    counts, again = (np.bincount(t.codes("wide"), minlength=500) for t in (table, back))
    frequent = np.argsort(-counts, kind="stable")[:56]
    assert (counts[frequent] == again[frequent]).all() and set(np.flatnonzero(again)) <= set(np.flatnonzero(counts))
    n_others, places = counts.sum() - counts[frequent].sum(), np.arange(500)
    others = np.setdiff1d(places, frequent)
    assert abs((places[others] * (again - counts)[others]).sum() / n_others) < 5  # the same mean code, near 90
    assert (back.codes("narrow") == table.codes("narrow")).all()
    loaded = load_rare_codes(rare.small_columns, rare.saved())
    assert loaded.columns == table.columns
    assert (loaded.parted(small, np.random.default_rng(1)).codes("wide") == back.codes("wide")).all()


def test_conditions_on_merged_columns_are_left_to_rejection() -> None:
    rare = find_rare_codes(many_codes(), 60)
    wide, label = Condition("wide", frozenset({3})), Condition("label", frozenset({1}))
    assert rare.understood((wide, label)) == [label]


def test_a_small_table_keeps_its_codes() -> None:
    table = many_codes()
    rare = find_rare_codes(table)
    assert not rare.orders and rare.merged(table).columns == table.columns and rare.parting(draw) is draw


def test_a_condition_leaves_the_shares_of_the_classes_it_allows() -> None:
    counts = np.repeat(np.arange(3), [70, 20, 10]).astype(np.int32)
    classes = classes_of(PlainTable((PlainColumn("y", n_codes=4),), {"y": counts}, "y"))
    np.testing.assert_allclose(classes.chances((Condition("y", frozenset({1, 2})),)), [0, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(classes.chances((Condition("y", frozenset({3})),)), classes.shares)  # for rejection
    assert classes_of(PlainTable((PlainColumn("y", n_codes=4),), {"y": counts}, "")).shares.tolist() == [1.0]


def held_places(n: int = 2000) -> PlainTable:
    """A number held at 5 where it is missing, and a second code that is always 2 where the first is 0."""
    rng = np.random.default_rng(0)
    missing, first = (rng.random(n) < 0.2).astype(np.int32), rng.integers(3, size=n).astype(np.int32)
    columns = (
        PlainColumn("missing", n_codes=2),
        PlainColumn("size", low=0.0, high=9.0, step=1.0),
        PlainColumn("first", n_codes=3),
        PlainColumn("second", n_codes=3),
        PlainColumn("rare", n_codes=2),
        PlainColumn("y", n_codes=2),
    )
    values = {
        "missing": missing,
        "size": np.where(missing == 1, 5.0, rng.integers(10, size=n)),
        "first": first,
        "second": np.where(first == 0, 2, rng.integers(3, size=n)).astype(np.int32),
        "rare": (np.arange(n) == 7).astype(np.int32),  # its other code is shared by most codes' rows, by chance
        "y": (missing == 0).astype(np.int32),  # a target is never implied
    }
    return PlainTable(columns, values, "y")


def test_what_the_rows_of_a_code_share_is_implied_and_chance_is_not() -> None:
    table = held_places()
    implied = find_implied(table)
    said = zip(implied.givers, implied.codes, implied.takers, implied.values, strict=True)
    assert [tuple(map(float, one)) for one in said] == [(0, 1, 1, 5), (2, 0, 3, 2)]
    assert (implied.kept(table).values["size"] == table.values["size"]).all()


def test_draws_have_the_implied_values() -> None:
    table = held_places()
    implied = load_implied(table.columns, find_implied(table).saved())

    def careless(n: int, rng: np.random.Generator) -> PlainTable:
        values = {c.name: rng.integers(2, size=n) for c in table.columns}
        coded = {c.name: values[c.name].astype(np.int32 if c.is_coded else np.float64) for c in table.columns}
        return PlainTable(table.columns, coded, "y")

    rows = implied.keeping(careless)(500, np.random.default_rng(1))
    assert (rows.numbers("size")[rows.codes("missing") == 1] == 5).all()
    assert (rows.codes("second")[rows.codes("first") == 0] == 2).all()
    free = rows.codes("first") != 0
    assert 0.4 < rows.codes("second")[free].mean() < 0.6

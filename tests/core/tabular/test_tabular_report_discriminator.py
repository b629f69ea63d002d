"""What boosted trees find, and what they must not find, on tables made for it."""

import numpy as np
import pytest

from core.errors import ValenceError
from core.progress import finish
from core.tabular.report.bins import coarse_cut
from core.tabular.report.discriminator import discriminate
from core.tabular.report.encoding import encoder_of
from core.tabular.report.pairs import PAIR_PARTS, pair_trends
from core.tabular.report.propensity import propensity_auc
from core.tabular.report.rulebook import rulebook_of
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.table import RawTable

COLUMNS = (
    Column(name="shop", kind=ColumnKind.CATEGORY),
    Column(name="region", kind=ColumnKind.CATEGORY),
    Column(name="seen", kind=ColumnKind.INTEGER),
    Column(name="bought", kind=ColumnKind.INTEGER),
    Column(name="tags", kind=ColumnKind.LIST, separator="^"),
)
SCHEMA = TableSchema(columns=COLUMNS)


def _table(n_rows: int, seed: int, *, broken: str = "") -> RawTable:
    """Shops in regions, fewer bought than seen; `broken` deals that column anew."""
    rng = np.random.default_rng(seed)
    shop = rng.integers(0, 24, n_rows)
    seen = rng.integers(10, 60, n_rows)
    cells: dict[str, list[str | None]] = {
        "shop": [f"s{v}" for v in shop],
        "region": [f"r{v * 7 % 6}" for v in shop],
        "seen": [str(v) for v in seen],
        "bought": [str(v) for v in rng.binomial(seen, 0.5)],
        "tags": ["^".join(f"t{v}" for v in sorted(rng.choice(8, 4, replace=False))) for _ in range(n_rows)],
    }
    if broken == "tags":
        cells["tags"] = ["^".join(f"t{v}" for v in sorted(rng.integers(0, 8, 4))) for _ in range(n_rows)]
    elif broken:
        cells[broken] = [cells[broken][i] for i in rng.permutation(n_rows)]
    return RawTable.of(cells)


REAL, FRESH = _table(600, 1), _table(600, 2)


def test_rows_of_the_same_source_are_not_told_apart() -> None:
    found = discriminate(REAL, FRESH, SCHEMA, 0)
    assert found.auc.low < 0.5 < found.auc.high
    assert found.n_rows_each == 600


@pytest.mark.parametrize(
    ("broken", "gives_away"),
    [("region", "breaks shop -> region"), ("bought", "bought"), ("tags", "tags: repeats")],
)
def test_what_was_planted_is_what_gives_it_away(broken: str, gives_away: str) -> None:
    found = discriminate(REAL, _table(600, 2, broken=broken), SCHEMA, 0)
    assert found.auc.low > 0.6
    assert gives_away in {giveaway.feature for giveaway in found.giveaways[:2]}


def test_a_dependency_that_nobody_declared_is_in_the_rulebook_and_a_chance_one_is_not() -> None:
    encoder = encoder_of(SCHEMA, REAL)
    encoded = encoder.encode(REAL)
    assert [lookup.text for lookup in rulebook_of(encoder, encoded).lookups] == ["shop -> region"]
    rng = np.random.default_rng(0)
    unique = RawTable.of({**{n: REAL.column(n) for n in REAL.columns}, "shop": [f"u{v}" for v in rng.permutation(600)]})
    other = encoder_of(SCHEMA, unique)
    assert rulebook_of(other, other.encode(unique)).lookups == ()


def test_declared_rules_are_counted_row_by_row() -> None:
    schema = TableSchema(
        columns=COLUMNS,
        dependencies=(Dependency(determinants=("shop",), dependent="region"),),
        inequalities=(Inequality(smaller="bought", larger="seen"),),
    )
    encoder = encoder_of(schema, REAL)
    book = rulebook_of(encoder, encoder.encode(REAL))
    made = RawTable.of({"shop": ["s0", "s0", "new"], "region": ["r0", "r5", "r5"], "seen": ["3", "3", None],
                        "bought": ["3", "4", "9"], "tags": [None] * 3})  # fmt: skip
    broken = dict(book.broken(encoder.encode(made)))
    assert broken["shop -> region"].tolist() == [False, True, False]
    assert broken["bought <= seen"].tolist() == [False, True, False]


def test_pair_trends_name_the_pair_whose_relation_is_gone_and_propensity_sees_nothing() -> None:
    made = _table(600, 2, broken="region")
    encoder = encoder_of(SCHEMA, REAL)
    sides = [encoder.encode(side) for side in (REAL, made)]
    cuts = [coarse_cut(column.name, sides[0], encoder, PAIR_PARTS) for column in COLUMNS]
    worst = pair_trends(cuts, sides[0], sides[1])[0]
    assert (worst.first, worst.second) == ("shop", "region")
    assert worst.score < 0.7
    assert [trend.score for trend in pair_trends(cuts, sides[0], sides[0])] == [1.0] * 10
    found = finish(propensity_auc(sides[0], sides[1], encoder, 0))
    assert found.low < 0.5 < found.high


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValenceError, match="19 rows on one side"):
        discriminate(REAL, FRESH.take(np.arange(19)), SCHEMA, 0)

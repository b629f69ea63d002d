"""Preparation against its definition: the training table comes back, and any plain row becomes a lawful one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.tabular.cells import canonical
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.plain import PlainTable
from core.tabular.preparation import Preparation, load_preparation, prepare
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.table import RawTable
from core.tabular.violations import violations

WORDS = ["", "ash", "birch", "cedar", "007", "NA", "a,b", "elm"]


def cells_of(values, missing):
    return [None if gone else str(value) for value, gone in zip(values, missing, strict=True)]


@st.composite
def tables(draw):
    """A small table of every kind, with dependencies, a chain of inequalities, and cells missing anywhere."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(10, 40))

    def missing():
        return rng.random(n) < draw(st.sampled_from([0.0, 0.0, 0.3, 0.8])) * (np.arange(n) > 0)

    city = rng.integers(0, 4, n)
    low, middle, high = np.sort(rng.integers(-6, 7, (n, 3)), axis=1).T
    no_low, no_middle, no_high = missing(), missing(), missing()
    opened = rng.integers(0, 5, n)
    closed = opened * 1440 + rng.integers(0, 4000, n)
    lists = [rng.choice(["x", "y", "z"], size=size, replace=draw(st.booleans())) for size in rng.integers(1, 4, n)]
    cells = {
        "row": [f"r{i}" for i in range(n)],
        "target": [str(i % 2) for i in range(n)],
        "city": [WORDS[3 + code] for code in city],
        "rank": [None if code == 2 else str(7 - code) for code in city],
        "opened": [f"2024-02-{27 + d:02d}" if d < 3 else f"2024-03-{d - 2:02d}" for d in opened],
        "closed": cells_of(np.datetime64("2024-02-27T00:00") + closed.astype("timedelta64[m]"), missing()),
        "low": cells_of(low, no_low | no_middle & (low > high)),
        "middle": cells_of([f"{value:.1f}" for value in middle], no_middle),
        "high": cells_of(high, no_high),
        "floor": cells_of(9 - city - rng.integers(2, 5, n), missing()),  # never above the rank
        "price": cells_of([f"{v:.2f}".replace(".", ",") for v in np.exp(rng.normal(size=n))], missing()),
        "tags": cells_of(["^".join(values) for values in lists], missing()),
        "word": [str(word) if word else None for word in rng.choice(WORDS, n)],
    }
    cells["floor"] = [
        None if text is None or rank is None or int(text) > int(rank) else text
        for text, rank in zip(cells["floor"], cells["rank"], strict=True)
    ]
    cells["floor"][0], cells["word"][0] = cells["floor"][0] or "3", "ash"
    if cells["rank"][0] is not None and int(cells["floor"][0]) > int(cells["rank"][0]):
        cells["floor"][0] = cells["rank"][0]
    return RawTable.of(cells)


SCHEMA = TableSchema(
    columns=(
        Column(name="row", kind=ColumnKind.IDENTIFIER),
        Column(name="target", kind=ColumnKind.CATEGORY),
        Column(name="city", kind=ColumnKind.CATEGORY),
        Column(name="rank", kind=ColumnKind.INTEGER),
        Column(name="opened", kind=ColumnKind.DATE, date_format="%Y-%m-%d"),
        Column(name="closed", kind=ColumnKind.DATE, date_format="%Y-%m-%dT%H:%M"),
        Column(name="low", kind=ColumnKind.INTEGER),
        Column(name="middle", kind=ColumnKind.NUMBER, decimals=1),
        Column(name="high", kind=ColumnKind.INTEGER),
        Column(name="floor", kind=ColumnKind.INTEGER),
        Column(name="price", kind=ColumnKind.NUMBER, decimals=2, decimal_mark=","),
        Column(name="tags", kind=ColumnKind.LIST, separator="^"),
        Column(name="word", kind=ColumnKind.CATEGORY),
    ),
    target="target",
    dependencies=(Dependency(determinants=("city",), dependent="rank"),),
    inequalities=(
        Inequality(smaller="low", larger="middle"),
        Inequality(smaller="middle", larger="high"),
        Inequality(smaller="opened", larger="closed"),
        Inequality(smaller="floor", larger="rank"),
    ),
)


def usable(table):
    """The table where every column has a filled cell; others cannot be learnt from."""
    return all(table.cells[name].null_count < len(table) for name in table.columns)


def random_plain(preparation: Preparation, n: int, seed: int) -> PlainTable:
    rng = np.random.default_rng(seed)
    values = {
        c.name: rng.integers(0, c.n_codes, n).astype(np.int32) if c.is_coded else rng.uniform(c.low, c.high, n)
        for c in preparation.plain.columns
    }
    return PlainTable(preparation.plain.columns, values, preparation.plain.target)


def broken(table, schema, known):
    return [count for count in violations(table, schema, known) if count.n_rows]


@settings(max_examples=25, deadline=None)
@given(table=tables().filter(usable), seed=st.integers(0, 999))
def test_the_training_table_comes_back_and_random_rows_obey_every_rule(table, seed):
    preparation = prepare(table, SCHEMA)
    back = preparation.restore(preparation.plain, seed)
    assert back.columns == SCHEMA_NAMES
    for column in SCHEMA.columns[1:]:
        assert back.column(column.name) == canonical(column, table.cells[column.name]).to_pylist(), column.name
    made = preparation.restore(random_plain(preparation, 200, seed), seed)
    assert broken(made, SCHEMA, table) == []
    for column in SCHEMA.columns[1:]:
        assert canonical(column, made.cells[column.name]).equals(made.cells[column.name])


SCHEMA_NAMES = tuple(column.name for column in SCHEMA.columns[1:])


def test_the_demo_table_comes_back_without_its_identifier():
    table = demo_table(1_500, 1)
    preparation = prepare(table, DEMO_SCHEMA)
    assert preparation.restore(preparation.plain, 0).fingerprint() == table.select(table.columns[1:]).fingerprint()
    assert broken(preparation.restore(random_plain(preparation, 1_500, 1), 1), DEMO_SCHEMA, table) == []


def test_plain_columns_are_codes_and_numbers_in_the_order_of_the_file_with_the_target_last():
    table = demo_table(1_500, 1)
    plain = prepare(table, DEMO_SCHEMA).plain
    names = [column.name for column in plain.columns]
    assert names[-1] == plain.target == "converted"
    assert not {"row_id", "city_rank", "screen_inches", "device_price"} & set(names)
    assert names.index("age (missing)") == names.index("age") - 1
    assert [name for name in names if name.startswith("interests")] == [
        f"interests ({part})" for part in ("length", 1, 2, 3, 4, 5)
    ]
    for column in plain.columns:
        values = plain.values[column.name]
        if column.is_coded:
            assert values.dtype == np.int32
            assert (values.min() >= 0 and values.max() == column.n_codes - 1) or "(" in column.name
        else:
            assert (values.min(), values.max()) == (column.low, column.high)
            assert np.allclose(np.rint(values / column.step) * column.step, values)
    missing = plain.codes("age (missing)") == 1
    assert [text is None for text in table.column("age")] == missing.tolist()


def test_a_saved_preparation_restores_the_same_bytes_and_keeps_no_training_row():
    table = demo_table(1_500, 1)
    preparation = prepare(table, DEMO_SCHEMA)
    saved = preparation.saved()
    again = load_preparation(saved)
    plain = random_plain(preparation, 500, 3)
    assert again.restore(plain, 4).fingerprint() == preparation.restore(plain, 4).fingerprint()
    assert len(again.plain) == 0 and again.plain.columns == preparation.plain.columns
    assert max(len(array) for array in saved.arrays.values()) <= 258
    assert "r0000001" not in str(saved.settings)


def test_the_same_seed_restores_the_same_rows_and_another_seed_fills_open_slots_differently():
    table = demo_table(1_500, 1)
    preparation = prepare(table, DEMO_SCHEMA)
    plain = random_plain(preparation, 500, 3)
    same = [preparation.restore(plain, 4).fingerprint() for _ in range(2)]
    assert same[0] == same[1] != preparation.restore(plain, 5).fingerprint()


def test_identifiers_are_left_out_or_numbered_anew():
    table = demo_table(600, 1)
    preparation = prepare(table, DEMO_SCHEMA)
    numbered = preparation.restore(preparation.plain, 0, number_anew=True)
    assert numbered.columns == table.columns
    assert numbered.column("row_id") == [str(row) for row in range(1, 601)]


def test_a_combination_of_determinants_never_seen_gets_one_value_and_the_same_in_every_row():
    table = RawTable.of({"a": ["x", "x", "x", "y"], "b": ["1", "2", "2", "3"], "c": ["red", "blue", "blue", None]})
    columns = tuple(Column(name=name, kind=ColumnKind.CATEGORY) for name in "abc")
    schema = TableSchema(columns=columns, dependencies=(Dependency(determinants=("a", "b"), dependent="c"),))
    preparation = prepare(table, schema)
    codes = {"a": np.array([0, 0, 0, 1, 1, 1], np.int32), "b": np.array([0, 1, 2, 0, 1, 2], np.int32)}
    made = preparation.restore(PlainTable(preparation.plain.columns, codes, ""), 0)
    # x,1 and x,2 and y,3 are known; x,3 is as most of x; y,1 and y,2 are as most of y
    assert made.column("c") == ["red", "blue", "blue", None, None, None]
    assert broken(made, schema, table) == []


def test_names_of_plain_parts_give_way_to_columns_of_the_same_name():
    table = RawTable.of({"age": ["1", None, "3"], "age (missing)": ["a", "b", "b"]})
    schema = TableSchema(
        columns=(
            Column(name="age", kind=ColumnKind.INTEGER),
            Column(name="age (missing)", kind=ColumnKind.CATEGORY),
        )
    )
    preparation = prepare(table, schema)
    assert [c.name for c in preparation.plain.columns] == ["age (missing)'", "age", "age (missing)"]
    assert preparation.restore(preparation.plain, 0).fingerprint() == table.fingerprint()


def test_a_table_that_breaks_its_rules_is_refused_with_all_of_them():
    table = RawTable.of({"city": ["x", "x", "y"], "rank": ["1", "2", "3"], "low": ["5", "1", "1"]})
    schema = TableSchema(
        columns=(
            Column(name="city", kind=ColumnKind.CATEGORY),
            Column(name="rank", kind=ColumnKind.INTEGER),
            Column(name="low", kind=ColumnKind.INTEGER),
        ),
        dependencies=(Dependency(determinants=("city",), dependent="rank"),),
        inequalities=(Inequality(smaller="low", larger="rank"),),
    )
    with pytest.raises(InvalidInput) as caught:
        prepare(table, schema)
    dependency, inequality = caught.value.problems
    assert "1 row breaks city -> rank" in dependency.message and dependency.row == 3
    assert inequality.message == "1 row breaks low <= rank: 5 is more than 1." and inequality.row == 2


def test_where_training_never_has_both_numbers_and_none_fit_together_one_becomes_missing():
    cells = {"low": ["100", "150", "200", None, None], "high": [None, None, None, "1", "10"]}
    schema = TableSchema(
        columns=tuple(Column(name=name, kind=ColumnKind.INTEGER) for name in ("low", "high")),
        inequalities=(Inequality(smaller="low", larger="high"),),
    )
    table = RawTable.of(cells)
    preparation = prepare(table, schema)
    made = preparation.restore(random_plain(preparation, 300, 0), 0)
    assert broken(made, schema, table) == []
    assert any(text is not None for text in made.column("low")) and any(
        text is not None for text in made.column("high")
    )

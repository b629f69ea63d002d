"""Demands in the table's words against the rows that meet them, found by reading the table."""

import numpy as np
import pytest

from core.errors import InvalidInput
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.form.demands import Unmet, wanted
from core.tabular.preparation import prepare
from core.tabular.schema import Column, ColumnKind, Dependency, TableSchema
from core.tabular.synthesizer import rows_met
from core.tabular.table import RawTable
from core.tabular.where import Where, WhereColumn

TABLE = demo_table(1_500, 1)
PREPARED = prepare(TABLE, DEMO_SCHEMA)


def where(*demands):
    return Where(columns=tuple(WhereColumn(**demand) for demand in demands))


def rows(*demands):
    """The training rows that the conditions let through."""
    return np.flatnonzero(rows_met(PREPARED.plain, PREPARED.conditions(where(*demands)))).tolist()


def told(name, is_met):
    return [row for row, text in enumerate(TABLE.column(name)) if is_met(text)]


def refusal(*demands):
    with pytest.raises(InvalidInput) as caught:
        PREPARED.conditions(where(*demands))
    return caught.value.problems


@pytest.mark.parametrize(
    ("demand", "is_met"),
    [
        ({"column": "converted", "values": ("1",)}, lambda text: text == "1"),
        ({"column": "slot", "values": ("story", "video")}, lambda text: text in ("story", "video")),
        ({"column": "connection", "values": ("", "5g")}, lambda text: text in (None, "5g")),
        ({"column": "city_rank", "values": ("1",)}, lambda text: text == "1"),
        ({"column": "city_rank", "at_least": "2", "at_most": "3"}, lambda text: text in ("2", "3")),
        ({"column": "city_rank", "values": ("",)}, lambda text: text is None),
        ({"column": "device_price", "at_most": "199.5"}, lambda text: float(text) <= 199.5),
        ({"column": "age", "at_least": "30", "at_most": "39"}, lambda text: text is not None and 30 <= int(text) <= 39),
        ({"column": "age", "values": ("",)}, lambda text: text is None),
        ({"column": "age", "values": ("30.0",)}, lambda text: text == "30"),
        ({"column": "bid", "at_least": "0.755"}, lambda text: float(text) >= 0.755),
        ({"column": "bid", "at_most": "100"}, lambda text: True),
        ({"column": "day", "at_least": "2024-03-20"}, lambda text: text >= "2024-03-20"),
        ({"column": "interests", "values": ("pets",)}, lambda text: text == "pets"),
        ({"column": "interests", "values": ("",)}, lambda text: text is None),
        ({"column": "clicks", "at_least": "3"}, lambda text: int(text) >= 3),
        ({"column": "impressions", "at_most": "4"}, lambda text: int(text) <= 4),
    ],
)
def test_conditions_let_through_the_rows_that_meet_the_demand(demand, is_met):
    found = rows(demand)
    assert found and found == told(demand["column"], is_met)


def test_every_demand_must_be_met():
    found = rows(
        {"column": "city_rank", "at_most": "2"}, {"column": "city", "values": ("Calorra", "Fenfell", "Ostisk")}
    )
    ranks, cities = TABLE.column("city_rank"), TABLE.column("city")
    assert found == [
        row for row in range(1_500) if ranks[row] in ("1", "2") and cities[row] in ("Calorra", "Fenfell", "Ostisk")
    ]
    assert PREPARED.conditions(Where()) == ()


def test_keeping_an_inequality_does_not_undo_a_demand():
    rng = np.random.default_rng(0)
    conditions = {c.column: c for c in PREPARED.conditions(where({"column": "clicks", "at_least": "6"}))}
    values = {
        column.name: rng.integers(0, column.n_codes, 500).astype(np.int32)
        if column.is_coded
        else rng.uniform(max(column.low, bound.low), column.high, 500)
        for column in PREPARED.plain.columns
        for bound in [conditions.get(column.name, column)]
    }
    plain = type(PREPARED.plain)(PREPARED.plain.columns, values, "converted")
    assert min(int(text) for text in PREPARED.restore(plain, 0).column("clicks")) == 6


@pytest.mark.parametrize(
    ("demand", "said"),
    [
        ({"column": "citty", "values": ("x",)}, "no such column"),
        ({"column": "impressions", "at_least": "5", "at_most": "4"}, "At least 5 and at most 4 leaves nothing"),
        ({"column": "row_id", "values": ("r0000001",)}, "identifier"),
        ({"column": "city", "values": ("Calora",)}, "Did you mean 'Calorra'"),
        ({"column": "slot", "values": ("roof",)}, "Values are: feed end"),
        ({"column": "slot", "values": ("",)}, "No cell of this column is empty"),
        ({"column": "bid", "values": ("",)}, "No cell of this column is empty"),
        ({"column": "city_rank", "values": ("9",)}, "no row has the value '9'"),
        ({"column": "city_rank", "at_least": "6"}, "run from 1 to 5"),
        ({"column": "age", "at_least": "99"}, "The values run from"),
        ({"column": "age", "at_least": "old"}, "'old' is not a number"),
        ({"column": "day", "at_least": "20.3.2024"}, "not a date"),
        ({"column": "day", "at_least": "2031-01-01"}, "from 2024-03-01 to 2024-03-28"),
        ({"column": "age", "values": ("30", "40")}, "one value or a range"),
        ({"column": "slot", "at_least": "3"}, "names and not numbers"),
        ({"column": "interests", "values": ("pets", "chess")}, "one whole list"),
        ({"column": "interests", "values": ("pets^unicorns",)}, "'unicorns' is in no list"),
        ({"column": "interests", "values": ("pets^chess^jazz^dance^travel^running",)}, "No list has 6 values"),
    ],
)
def test_a_demand_that_no_row_can_meet_says_why(demand, said):
    (problem,) = refusal(demand)
    assert said.lower() in str(problem).lower() and problem.field == demand["column"] and problem.fix


def test_all_demands_that_cannot_be_met_are_named():
    found = refusal({"column": "nope", "values": ("1",)}, {"column": "slot", "values": ("roof",)})
    assert [problem.field for problem in found] == ["nope", "slot"]


def test_demands_that_exclude_each_other_are_refused():
    (problem,) = refusal(
        {"column": "city", "values": ("Calorra",)}, {"column": "city_rank", "at_least": "5", "at_most": "5"}
    )
    assert "at once" in problem.message
    (problem,) = refusal({"column": "clicks", "at_least": "9"}, {"column": "impressions", "at_most": "8"})
    assert "at once" in problem.message


def test_a_demand_on_what_two_columns_determine_is_met_only_where_each_can_be_asked_for():
    cells = {"a": ["x", "x", "y", "y"], "b": ["1", "2", "1", "2"], "c": ["p", "p", "q", "r"]}
    schema = TableSchema(
        columns=tuple(Column(name=name, kind=ColumnKind.CATEGORY) for name in "abc"),
        dependencies=(Dependency(determinants=("a", "b"), dependent="c"),),
    )
    prepared = prepare(RawTable.of(cells), schema)

    def met(*values):
        return rows_met(prepared.plain, prepared.conditions(where({"column": "c", "values": values}))).tolist()

    assert met("p") == [True, True, False, False]
    assert met("r") == [False, False, False, True]
    with pytest.raises(InvalidInput, match="looked up by a, b together"):
        met("p", "q")


def test_a_demand_is_either_values_or_a_range_and_a_column_is_named_once():
    with pytest.raises(InvalidInput) as caught:
        where({"column": "a"}, {"column": "b", "values": ("1",), "at_most": "2"}, {"column": "a", "values": ("1",)})
    assert [problem.field for problem in caught.value.problems] == ["a", "a", "b"]


def test_a_bound_is_written_with_the_decimal_mark_of_its_column():
    columns = [
        Column(name="price", kind=ColumnKind.NUMBER, decimals=2, decimal_mark=","),
        Column(name="visits", kind=ColumnKind.INTEGER, decimal_mark=","),
    ]
    for column in columns:
        low = wanted(column, WhereColumn(column=column.name, at_least="2,5")).low
        assert low == 2.5
        with pytest.raises(Unmet) as refused:
            wanted(column, WhereColumn(column=column.name, at_least="2.5"))
        assert "12,5" in refused.value.problem.fix


def test_demands_read_as_a_person_would_write_them():
    text = where({"column": "city", "values": ("x", "")}, {"column": "age", "at_least": "30", "at_most": "40"}).text
    assert text == "city is 'x' or empty, age is at least 30 and at most 40"

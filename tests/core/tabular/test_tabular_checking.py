"""What a table and its schema can have wrong, all of it named; rules that a made table breaks, counted by hand."""

import pytest

from core.errors import InvalidInput
from core.tabular.checking import check_form, check_schema, violations
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.table import RawTable

KINDS = {
    "category": {"kind": ColumnKind.CATEGORY},
    "integer": {"kind": ColumnKind.INTEGER},
    "number": {"kind": ColumnKind.NUMBER, "decimals": 1},
    "date": {"kind": ColumnKind.DATE, "date_format": "%d.%m.%Y"},
    "list": {"kind": ColumnKind.LIST, "separator": "^"},
    "identifier": {"kind": ColumnKind.IDENTIFIER},
}


def schema_of(target="", dependencies=(), inequalities=(), **kinds):
    return TableSchema(
        columns=tuple(Column(name=name, **KINDS[kind]) for name, kind in kinds.items()),
        target=target,
        dependencies=tuple(Dependency(determinants=first, dependent=second) for first, second in dependencies),
        inequalities=tuple(Inequality(smaller=first, larger=second) for first, second in inequalities),
    )


def problems_of(cells, schema, **options):
    with pytest.raises(InvalidInput) as caught:
        check_schema(RawTable.of(cells), schema, **options)
    return caught.value.problems


def test_a_table_as_its_schema_says_is_not_refused():
    cells = {"a": ["1", None, "2"], "d": ["31.01.2024", None, "1.2.2024"], "n": ["1e3", "-.5", "+2"]}
    check_schema(RawTable.of(cells), schema_of(a="integer", d="date", n="number"))


def test_every_cell_that_does_not_read_is_counted_with_its_first_row():
    cells = {
        "n": ["1", "x", "inf", "-1e999", "nan"],
        "i": ["1.5", "2", "9007199254740993", "3", "1_000"],
        "d": ["31.02.2024", "2024-01-31", "01.02.2024", None, "01.02.2024"],
        "e": [None] * 5,
        "l": ["^".join("abc") if row else "^".join(["x"] * 21) for row in range(5)],
    }
    found = problems_of(cells, schema_of(n="number", i="integer", d="date", e="category", l="list"))
    assert [(p.field, p.row) for p in found] == [("n", 4), ("n", 3), ("i", 2), ("d", 2), ("e", None), ("l", None)]
    assert "2 cells hold infinite numbers, the first 'inf'" in found[0].message
    assert "2 cells are not a number, the first 'x'" in found[1].message
    assert "3 cells are not a whole number" in found[2].message
    assert "2 cells are not a date of the form %d.%m.%Y" in found[3].message
    assert all(problem.fix for problem in found)


def test_columns_of_the_table_and_of_the_schema_are_compared_by_name():
    found = problems_of({"a": ["1"], "b": ["2"]}, schema_of(a="integer", c="integer"))
    assert [problem.field for problem in found] == ["c", "b"]


def test_a_table_without_rows_or_without_anything_to_learn_is_refused():
    assert "no rows" in problems_of({"a": []}, schema_of(a="integer"))[0].message
    assert "No column is left" in problems_of({"a": ["x"]}, schema_of(a="identifier"))[0].message


def test_targets_that_cannot_be_learnt():
    schema = schema_of("y", y="category")
    assert "Every row has the target '1'" in problems_of({"y": ["1"] * 9}, schema)[0].message
    (rare,) = problems_of({"y": ["0"] * 9 + ["1"] * 4}, schema)
    assert "1 class has fewer than 5 rows: '1' (4)" in rare.message
    (gap,) = problems_of({"y": ["0"] * 9 + [None] + ["1"] * 5}, schema)
    assert gap.row == 11 and "1 row has no target" in gap.message
    check_schema(RawTable.of({"y": ["0"] * 9 + ["1"] * 5}), schema)
    check_form(RawTable.of({"y": ["0"] * 9 + ["1"] * 4}), schema)


def test_a_target_that_is_no_class_is_refused_with_a_way_out():
    with pytest.raises(InvalidInput, match=r"'y' is of the kind 'identifier'\. Choose another target, or read it as a"):
        TableSchema(columns=(Column(name="y", kind=ColumnKind.IDENTIFIER),), target="y")


def test_no_target_is_a_problem_where_one_is_needed():
    schema = schema_of(a="integer")
    check_schema(RawTable.of({"a": ["1", "2"]}), schema)
    (problem,) = problems_of({"a": ["1", "2"]}, schema, needs_target=True)
    assert "No column is the target" in problem.message


def test_rules_that_contradict_each_other_are_refused_before_any_row_is_looked_at():
    names = {"a": "integer", "b": "integer", "c": "integer", "r": "identifier", "city": "category", "x": "category"}
    cells = {name: ["1"] for name in names}
    (circle,) = problems_of(cells, schema_of(inequalities=[("a", "b"), ("b", "c"), ("c", "a")], **names))
    assert "circle" in circle.message
    (identifier,) = problems_of(cells, schema_of(dependencies=[(("r",), "x")], **names))
    assert "identifier" in identifier.message and identifier.field == "r"
    looked_up = [(("city",), "a"), (("x",), "c")]
    rules = [("a", "b"), ("b", "c")]
    (stuck,) = problems_of(cells, schema_of(dependencies=looked_up, inequalities=rules, **names))
    assert "a <= c cannot be kept" in stuck.message
    check_schema(RawTable.of(cells), schema_of(dependencies=looked_up, inequalities=[("a", "b")], **names))
    same = [(("city",), "a"), (("city",), "c")]
    check_schema(RawTable.of(cells), schema_of(dependencies=same, inequalities=[("a", "c")], **names))


def counts(made, known, schema):
    return {c.rule: c.n_rows for c in violations(RawTable.of(made), schema, RawTable.of(known)) if c.n_rows}


def test_violations_count_rows_by_rule():
    known = {"city": ["x", "y", "x"], "rank": ["1", "2", "1"], "low": ["1", "2", "3"], "high": ["4", "5.5", "6"]}
    schema = schema_of(
        dependencies=[(("city",), "rank")],
        inequalities=[("low", "high")],
        city="category",
        rank="integer",
        low="integer",
        high="number",
    )
    made = {
        "city": ["x", "y", "y", "z", "z", "z", None],
        "rank": ["1", "1", "2", "2", "2", "1", "1"],
        "low": ["3", "3", "1", None, "2", "9", "b"],
        "high": ["6.0", "4", "4", "4", "4", "5", "5"],
    }
    assert counts(made, known, schema) == {
        "city -> rank": 2,  # y with 1, and the z that differs from most
        "low <= high": 1,
        "city: values never seen": 4,
        "low: outside the known range": 1,
        "low: cells that do not read": 1,
        "low: empty, and never so before": 1,
    }
    assert counts(known, known, schema) == {}


def test_lists_are_known_by_their_values_and_identifiers_are_not_looked_at():
    schema = schema_of(r="identifier", l="list")
    known = {"r": ["1", "2"], "l": ["a^b", "c"]}
    assert counts({"l": ["c^a", "a^d", None, "b"]}, known, schema) == {"l: values never seen": 2}


def test_a_made_table_without_a_column_is_refused():
    with pytest.raises(InvalidInput, match="no such column"):
        violations(
            RawTable.of({"a": ["1"]}), schema_of(a="integer", b="integer"), RawTable.of({"a": ["1"], "b": ["1"]})
        )

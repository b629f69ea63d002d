"""Detection: every kind from its cells, rules that hold and are no accident, and a reason for each."""

import numpy as np
import pytest

from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.detection import detect
from core.tabular.schema import ColumnKind, Dependency, Inequality
from core.tabular.table import RawTable


def kind_of(cells, name="x"):
    detection = detect(RawTable.of({name: cells, "other": ["a", "b"] * (len(cells) // 2) + ["a"] * (len(cells) % 2)}))
    return detection.schema.columns[0], detection.columns[0]


def test_the_demo_table_is_detected_as_it_was_made():
    detection = detect(demo_table(4_000, 3))
    assert detection.schema == DEMO_SCHEMA
    age = next(finding for finding in detection.columns if finding.name == "age")
    assert 0.1 < age.missing < 0.25 and age.examples
    assert all(finding.rows_held == finding.rows_checked > 0 for finding in detection.rules)
    assert all(finding.evidence for finding in (*detection.columns, *detection.rules))


@pytest.mark.parametrize(
    ("cells", "kind", "said"),
    [
        ([str(i % 7) for i in range(40)], ColumnKind.INTEGER, "0 to 6"),
        ([f"{i % 7}.0" for i in range(40)], ColumnKind.INTEGER, "0 to 6"),
        ([str(i % 2) for i in range(40)], ColumnKind.CATEGORY, "Two whole numbers"),
        ([f"{i / 8}" for i in range(40)], ColumnKind.NUMBER, "3 decimals"),
        (["1.5e-3", "2", "-7.25"] * 5, ColumnKind.NUMBER, "4 decimals"),
        (["007", "123", "045"] * 9, ColumnKind.CATEGORY, "leading zeros"),
        (["0", "1", "10", "0.5"] * 9, ColumnKind.NUMBER, "1 decimal"),
        ([str(10**17 + i % 5) for i in range(40)], ColumnKind.CATEGORY, "too large"),
        ([str(100 + i) for i in range(40)], ColumnKind.IDENTIFIER, "of its own"),
        ([f"user-{i}" for i in range(40)], ColumnKind.IDENTIFIER, "of its own"),
        (["red", "green", "NA"] * 9, ColumnKind.CATEGORY, "3 different"),
        ([None] * 30, ColumnKind.IDENTIFIER, "Every cell is empty"),
        (["always"] * 30, ColumnKind.CATEGORY, "1 text"),
        (["12", "x"] * 20, ColumnKind.CATEGORY, "Mixed: 50%"),
        ([*[str(i % 30) for i in range(99)], "n/a"], ColumnKind.INTEGER, "1 cell is no number: 'n/a'"),
        ([*[str(i % 30) for i in range(99)], "inf"], ColumnKind.INTEGER, "infinite"),
        (["2024-02-29", "2024-03-01"] * 9, ColumnKind.DATE, "%Y-%m-%d"),
        (["2024-02-29", "2024-02-30"] * 9, ColumnKind.CATEGORY, "2 different"),
        (["2024-02-29 05:00", "2024-03-01 06:30"] * 9, ColumnKind.DATE, "%H:%M"),
        (["31.01.2024", "01.02.2024"] * 9, ColumnKind.DATE, "%d.%m.%Y"),
        (["01/31/2024", "02/01/2024"] * 9, ColumnKind.DATE, "%m/%d/%Y"),
        (["01/02/2024", "02/01/2024"] * 9, ColumnKind.DATE, "also read as %m/%d/%Y"),
        (["20240229", "20240301"] * 9, ColumnKind.DATE, "%Y%m%d"),
        (["14102100", "14102101", "99999999"] * 9, ColumnKind.INTEGER, "14102100"),
        (["202206030326", "202206030327"] * 9, ColumnKind.DATE, "%Y%m%d%H%M"),
        (["a^b", "c", "a^c^b", "b"] * 9, ColumnKind.LIST, "1 to 3 of 3 values, with '^'"),
        (["1|2", "3", "1|3|2"] * 9, ColumnKind.LIST, "with '|'"),
        (["1,2,3", "3", "1,3,2", "2"] * 9, ColumnKind.LIST, "with ','"),
        (["61,96", "5,07", "-0,5"] * 9, ColumnKind.NUMBER, "2 decimals after a comma from -0,50 to 61,96"),
        (["3,0", "12,0", "7,0"] * 9, ColumnKind.INTEGER, "after a comma from 3 to 12"),
        (["1,250", "12,500", "980"] * 9, ColumnKind.CATEGORY, "may stand before decimals or between thousands"),
        (["1.250,50", "12.500,00", "980,10"] * 9, ColumnKind.CATEGORY, "Mixed: 33%"),
        (["61,96", "61.96"] * 9, ColumnKind.CATEGORY, "Mixed: 50%"),
        (["Paris, France", "Rome, Italy", "Lyon, France"] * 9, ColumnKind.CATEGORY, "3 different"),
    ],
)
def test_kinds(cells, kind, said):
    column, finding = kind_of(cells)
    assert (column.kind, finding.kind) == (kind, kind)
    assert said in finding.evidence


def test_whole_numbers_named_as_codes_are_names():
    cells = [str(1000 + 37 * (i % 11)) for i in range(60)]
    assert kind_of(cells, "campaign_id")[0].kind is ColumnKind.CATEGORY
    assert kind_of(cells, "zipCode")[0].kind is ColumnKind.CATEGORY
    assert kind_of(cells, "paid")[0].kind is ColumnKind.INTEGER


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        ({"label": ["0", "1"] * 30, "b": ["x", "y"] * 30}, "label"),
        ({"a": [str(i % 9) for i in range(60)], "Is_Click": ["0", "1"] * 30, "z": ["x", "y"] * 30}, "Is_Click"),
        ({"a": [str(i % 9) for i in range(60)], "z": ["x", "y"] * 30}, "z"),
        ({"z": ["x", "y"] * 30, "a": [str(i % 9) for i in range(60)]}, ""),
        ({"a": [str(i % 9) for i in range(60)], "label": ["0", "1", None] * 20}, ""),
    ],
)
def test_the_target_by_name_else_the_last_column_of_two_values(columns, target):
    assert detect(RawTable.of(columns)).schema.target == target


def made(n=2_000, seed=0):
    rng = np.random.default_rng(seed)
    city = rng.integers(0, 40, n)
    columns = {
        "city": [f"city {c}" for c in city],
        "region": [f"region {c // 5}" for c in city],
        "country": [f"country {c // 20}" for c in city],
        "shown": (shown := rng.poisson(9, n) + 1),
        "seen": (seen := rng.binomial(shown, 0.6)),
        "taps": rng.binomial(seen, 0.4),
        "age": rng.integers(18, 70, n),
        "noise": rng.integers(0, 3, n),
    }
    return {name: [str(value) for value in values] for name, values in columns.items()}


def test_dependencies_are_looked_up_by_the_column_that_determines_all():
    rules = detect(RawTable.of(made())).schema.dependencies
    assert set(rules) == {
        Dependency(determinants=("city",), dependent="region"),
        Dependency(determinants=("city",), dependent="country"),
    }


def test_of_two_columns_that_determine_each_other_the_first_stays():
    cells = made()
    cells["code"] = [f"C{name[5:]}" for name in cells["city"]]
    rules = detect(RawTable.of(cells)).schema.dependencies
    assert Dependency(determinants=("city",), dependent="code") in rules
    assert all(rule.determinants == ("city",) for rule in rules)


def test_inequalities_are_named_without_those_that_follow_and_without_trivial_ones():
    rules = detect(RawTable.of(made())).schema.inequalities
    assert set(rules) == {Inequality(smaller="taps", larger="seen"), Inequality(smaller="seen", larger="shown")}


def test_a_rule_that_a_few_rows_break_is_named_and_not_proposed():
    cells = made()
    cells["region"][7] = "region 99"
    cells["taps"][3] = "60"
    detection = detect(RawTable.of(cells))
    assert all(rule.dependent != "region" for rule in detection.schema.dependencies)
    nearly = {f.rule: f for f in detection.rules if f.rows_held < f.rows_checked}
    region = nearly[Dependency(determinants=("city",), dependent="region")]
    assert (region.rows_held, region.rows_checked) == (1_999, 2_000) and "not proposed" in region.evidence
    assert nearly[Inequality(smaller="taps", larger="seen")].rows_held == 1_999


def test_a_rule_that_chance_explains_is_not_named():
    rng = np.random.default_rng(5)
    n = 60
    cells = {
        "almost_unique": [str(value) for value in rng.integers(0, 50, n) * 7],
        "mostly_one": ["b" if i == 3 else "a" for i in range(n)],
        "low": [f"{value:.2f}" for value in rng.uniform(0, 1, n)],
        "high": [f"{value:.2f}" for value in rng.uniform(0.97, 3, n)],
    }
    detection = detect(RawTable.of(cells))
    assert detection.schema.dependencies == () and detection.schema.inequalities == ()


def test_two_thousand_categories_and_one_row_are_read_too():
    assert kind_of([f"name {i // 2}" for i in range(4_000)])[0].kind is ColumnKind.CATEGORY
    assert detect(RawTable.of({"a": ["1"], "b": ["x"]})).schema.columns[0].kind is ColumnKind.INTEGER

"""JSON and JSON lines: the same catalogue as CSV gives, and problems by item."""

import json

import pytest

from core.catalogue.limits import MAX_ATTRIBUTES
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import read_catalogue

ITEMS = [
    {"id": "a", "value": "Nike", "modality": "brand", "attribute_type": "brand", "note": "x"},
    {"id": "b", "value": "Athletes", "modality": "audience", "attribute_type": "interest"},
]
EXPECTED = Catalogue(
    (Attribute("a", "Nike", "brand", "brand", {"note": "x"}), Attribute("b", "Athletes", "audience", "interest"))
)


def as_list(items) -> bytes:
    return json.dumps(items).encode()


def as_object(items) -> bytes:
    return json.dumps({"attributes": items}, indent=2).encode()


def as_lines(items) -> bytes:
    return "\n".join(map(json.dumps, items)).encode()


@pytest.mark.parametrize("write", [as_list, as_object, as_lines])
@pytest.mark.parametrize("filename", ["c.json", "c.jsonl", "c.csv", "c"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_shape_is_told_by_its_content(write, filename, mark):
    reading = read_catalogue(mark + write(ITEMS), filename)
    assert reading.catalogue == EXPECTED
    assert len(reading.warnings) == (filename == "c.csv")


@pytest.mark.parametrize("write", [as_list, as_object, as_lines])
def test_problems_name_the_item(write):
    reading = read_catalogue(write([*ITEMS, ITEMS[0] | {"id": "c"}]), "c.json")
    assert [(p.row, p.field) for p in reading.problems] == [(3, "value")]
    assert "Row 1" in reading.problems[0].message


def test_blank_lines_count_as_lines():
    data = as_lines(ITEMS).replace(b"\n", b"\n\n") + b'\n{"id": "c"}\n'
    assert {p.row for p in read_catalogue(data, "c.jsonl").problems} == {4}


def test_nested_values_are_refused_by_item_and_key():
    items = [*ITEMS, ITEMS[0] | {"id": "c", "value": {"en": "x"}}, ITEMS[0] | {"id": "d", "value": "y", "note": ["z"]}]
    problems = read_catalogue(as_list(items), "c.json").problems
    assert [(p.row, p.field) for p in problems] == [(3, "value"), (4, "note")]
    assert "an object" in problems[0].message and "a list" in problems[1].message


def test_numbers_and_booleans_keep_their_spelling_with_a_warning_per_column():
    data = (
        as_list(ITEMS)[:-1] + b', {"id": 7, "value": 1.50, "modality": "brand", "attribute_type": true, "note": 1e5}]'
    )
    reading = read_catalogue(data, "c.json")
    assert reading.catalogue.attributes[2] == Attribute("7", "1.50", "brand", "true", {"note": "1e5"})
    assert {(w.row, w.field) for w in reading.warnings} == {(3, n) for n in ("id", "value", "attribute_type", "note")}


def test_null_is_a_missing_cell():
    problems = read_catalogue(as_list([*ITEMS, ITEMS[0] | {"id": "c", "value": None, "note": None}]), "c.json").problems
    assert [(p.row, p.field) for p in problems] == [(3, "value")]


def test_an_absent_key_is_a_missing_cell():
    problems = read_catalogue(as_list([*ITEMS, {"id": "c", "value": "x", "modality": "brand"}]), "c.json").problems
    assert [(p.row, p.field) for p in problems] == [(3, "attribute_type")]


def test_a_doubled_key_is_named_by_item():
    data = as_lines(ITEMS) + b'\n{"id": "c", "id": "d", "value": "x", "modality": "brand", "attribute_type": "brand"}'
    problems = read_catalogue(data, "c.jsonl").problems
    assert [(p.row, p.field) for p in problems] == [(3, "id")] and "twice" in problems[0].message


@pytest.mark.parametrize("item", [3, None, "x", ["a"], True])
def test_items_that_are_no_objects_are_named(item):
    problems = read_catalogue(as_list([*ITEMS, item]), "c.json").problems
    assert [(p.row, "not an object" in p.message) for p in problems] == [(3, True)]


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b'[{"id": "a",}]', "line 1, character 13"),
        (b'[\n{"id": "a"}\n', "line 3"),
        (b'{"attributes": 3}', "no list"),
        (b'{"attributes": [], "attributes": []}', "2 keys"),
        (b'{\n"brands": []\n}', "0 keys"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"id,value", "Not valid JSON"),
        (b'"text"', "no list"),
        (b"null", "no list"),
    ],
)
def test_a_file_that_is_no_list_of_objects_says_why(data, part):
    problem, *rest = read_catalogue(data, "c.json").problems
    assert part in problem.message and not rest


def test_a_broken_line_is_one_problem_of_that_line():
    data = as_lines(ITEMS) + b'\n{"id": \n' + as_lines([ITEMS[0] | {"id": "c", "value": ""}])
    assert [(p.row, p.field) for p in read_catalogue(data, "c.jsonl").problems] == [(3, ""), (4, "value")]


def test_other_keys_beside_the_list_are_not_dropped_silently():
    reading = read_catalogue(json.dumps({"version": 2, "attributes": ITEMS}).encode(), "c.json")
    assert reading.catalogue == EXPECTED and "'version'" in reading.warnings[0].message


def test_an_empty_list_has_no_columns():
    assert read_catalogue(b"[]", "c.json").problems


def test_half_a_surrogate_pair_is_refused():
    data = as_list(ITEMS)[:-1] + b', {"id": "c", "value": "x\\ud800", "modality": "brand", "attribute_type": "brand"}]'
    problems = read_catalogue(data, "c.json").problems
    assert [(p.row, p.field) for p in problems] == [(3, "value")] and "broken character" in problems[0].message


@pytest.mark.parametrize("write", [as_list, as_lines])
def test_too_many_items_are_refused(write):
    problem, *rest = read_catalogue(write([{"id": "x"}] * (MAX_ATTRIBUTES + 1)), "c.json").problems
    assert f"more than {MAX_ATTRIBUTES:,} attributes" in problem.message and not rest

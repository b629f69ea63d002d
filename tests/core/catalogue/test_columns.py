"""Which column is which: own names, other spellings, aliases, and the user's mapping."""

from itertools import combinations

import pytest

from core.catalogue.columns import ALIASES, FIELDS, plain_name, suggest_columns
from core.catalogue.reading import read_catalogue, read_headers
from core.errors import InvalidInput

ROWS = "a;Nike;brand;brand\nb;Athletes;audience;interest\n"


def read(header: str, mapping=None, rows: str = ROWS):
    return read_catalogue(f"{header}\n{rows}".encode(), "c.csv", mapping)


@pytest.mark.parametrize(
    "header",
    [
        "ID;Value;Modality;Attribute Type",
        " id ;VALUE;modality;attribute-type",
        "\u200bid;value;modality;AttributeType",
        "code;name;kind;subtype",
        "Key;Label;Category;Type",
        "identifier;attribute;modality;sub_type",
    ],
)
def test_other_spellings_and_names_are_understood(header):
    reading = read(header)
    assert [(a.id, a.value, a.modality, a.attribute_type) for a in reading.catalogue.attributes] == [
        ("a", "Nike", "brand", "brand"),
        ("b", "Athletes", "audience", "interest"),
    ]
    assert list(reading.columns) == list(FIELDS) and list(reading.columns.values()) == header.split(";")


def test_no_alias_stands_for_two_fields():
    names = [*({plain_name(field)} | ALIASES[field] for field in FIELDS)]
    assert all(not one & other for one, other in combinations(names, 2))
    assert all(alias == plain_name(alias) for aliases in ALIASES.values() for alias in aliases)


def test_the_own_name_wins_over_an_alias_which_becomes_a_fact():
    reading = read("id;value;modality;attribute_type;name", rows="a;Nike;brand;brand;x\nb;Ath;audience;interest;\n")
    assert reading.catalogue.attributes[0].value == "Nike"
    assert reading.catalogue.attributes[0].facts == {"name": "x"}


def test_the_exact_own_name_wins_over_another_spelling():
    assert suggest_columns(["Value", "value", "VALUE", "id", "modality", "attribute_type"]).mapping["value"] == "value"
    assert suggest_columns(["Value", "VALUE"]).ambiguous == {"value": ("Value", "VALUE")}


def test_two_columns_for_one_field_are_ambiguous():
    suggestion = suggest_columns(["id", "name", "label", "kind"])
    assert suggestion.mapping == {"id": "id", "modality": "kind"}
    assert suggestion.ambiguous == {"value": ("name", "label")}
    assert suggestion.missing == ("attribute_type",)
    problem = read("id;value;modality;type;subtype", rows="a;Nike;brand;brand;x\n").problems[0]
    assert (problem.row, problem.field) == (1, "attribute_type")
    assert "'type', 'subtype'" in problem.message


def test_a_mapping_is_taken_by_its_word():
    mapping = {"id": "Nr", "value": "Marke", "modality": "Art", "attribute_type": "Unterart"}
    reading = read("Nr;Marke;Art;Unterart", mapping)
    assert reading.catalogue.attributes[1].value == "Athletes"
    assert reading.columns == mapping


def test_a_partial_mapping_leaves_the_rest_to_the_names():
    reading = read("Nr;name;kind;type", {"id": "Nr"})
    assert reading.catalogue is not None and reading.columns["value"] == "name"


def test_a_mapping_overrules_the_own_name():
    rows = "1;a;Nike;brand;brand\n2;b;Ath;audience;interest\n"
    reading = read("nr;key2;value;modality;attribute_type", {"id": "key2"}, rows)
    assert [a.id for a in reading.catalogue.attributes] == ["a", "b"]
    assert reading.catalogue.attributes[0].facts == {"nr": "1"}
    problems = read("id;key2;value;modality;attribute_type", {"id": "key2"}, rows).problems
    assert [p.field for p in problems] == ["id"] and "two things" in problems[0].message


def test_one_column_may_serve_two_fields_when_the_user_says_so():
    reading = read("id;value;kind", {"modality": "kind", "attribute_type": "kind"}, "a;Nike;brand\nb;Ath;audience\n")
    assert [a.attribute_type for a in reading.catalogue.attributes] == ["brand", "audience"]


def test_problems_name_the_column_as_the_file_spells_it():
    assert [(p.row, p.field) for p in read("Code;Name;Kind;Type", rows="a;;brand;brand\nb;x;y;z\n").problems] == [
        (2, "Name")
    ]


def test_a_mapping_to_what_is_not_there_lists_what_is():
    problems = read("Nr;name;kind;type", {"id": "No", "valeu": "name"}).problems
    assert [p.field for p in problems] == ["valeu", "id"]
    assert "'Nr', 'name', 'kind', 'type'" in problems[1].fix


def test_headers_are_returned_as_spelt_for_the_mapping_step():
    data = b"Nr;Marke;Art;Unterart\na;b\n"
    assert read_headers(data, "c.csv") == ("Nr", "Marke", "Art", "Unterart")
    assert read_headers(b'[{"x": 1}, {"y": 2}]', "c.json") == ("x", "y")
    with pytest.raises(InvalidInput, match="empty"):
        read_headers(b"", "c.csv")


@pytest.mark.parametrize("name", [" x", "x ", "a\tb", "x" * 101])
def test_the_name_of_an_extra_column_is_held_to_the_rules_of_text(name):
    reading = read(f'id;value;modality;attribute_type;"{name}"', rows="a;Nike;brand;brand;1\nb;Ath;audience;x;2\n")
    assert [(p.row, p.field) for p in reading.problems] == [(1, name)]

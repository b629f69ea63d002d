import csv
from functools import cache
from pathlib import Path

import pytest

from core.catalogue.model import Attribute
from core.knowledge.rules import load_rules, uncovered_kinds
from core.knowledge.traits import SHIPPED_FOLDER, Source, Traits, load_trait_table

CATALOGUES = SHIPPED_FOLDER.parent / "catalogues"
AT_LEAST = {"brand": 460, "audience": 210, "platform": 35, "geo": 90}  # the catalogues' own and those promised beside


@cache
def table():
    return load_trait_table()


@cache
def attributes(name):
    with (CATALOGUES / name).open(encoding="utf-8", newline="") as file:
        return [
            Attribute(row["id"], row["value"], row["modality"], row["attribute_type"]) for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("name", ["small.csv", "large.csv"])
def test_every_attribute_of_the_shipped_catalogues_has_a_row_of_its_own(name):
    resolved = [table().resolve(attribute) for attribute in attributes(name)]
    assert all(isinstance(traits, Traits) and traits.sources == (Source.NAME,) for traits in resolved)


def test_the_table_holds_as_many_rows_as_promised():
    assert {kind: len(rows) for kind, rows in table().rows.items() if len(rows) < AT_LEAST[kind]} == {}


def test_rows_are_sorted_by_name_where_they_are_edited():
    names = [row.name.casefold() for row in table().rows["brand"]]
    assert names == sorted(names)


def test_nobody_both_wants_and_refuses_a_category():
    for kind, rows in table().rows.items():
        for row in rows:
            wanted, refused = (set(row.facets.get(facet, ())) for facet in ("categories", "not_interested"))
            assert not wanted & refused, (kind, row.name, wanted & refused)


def test_nothing_is_both_strong_and_absent_in_one_country():
    for kind, rows in table().rows.items():
        for row in rows:
            present, absent = (set(row.facets.get(facet, ())) for facet in ("presence", "absent"))
            assert not present & absent, (kind, row.name, present & absent)
            used, seldom = (set(row.facets.get(facet, ())) for facet in ("platforms_used", "platforms_absent"))
            assert not used & seldom, (kind, row.name, used & seldom)


def test_every_row_says_enough_to_be_judged():
    for kind, rows in table().rows.items():
        identity = table().schema.kinds[kind].identity
        assert [row.name for row in rows if not set(identity) & set(row.facets)] == []


def test_the_rules_compare_every_two_kinds():
    rules = load_rules(table().schema)
    assert {kinds for kinds in uncovered_kinds(rules, table().schema) if kinds[0] != kinds[1]} == set()


def test_the_table_is_dated_and_says_where_it_comes_from():
    schema = table().schema
    assert schema.dated and "no market data" in schema.source
    assert load_rules(schema).dated


@pytest.mark.parametrize(
    ("value", "facets"),
    [
        ("Women 25-34", {"gender": "female", "age_min": 25, "age_max": 34}),
        ("Men 45+", {"gender": "male", "age_min": 45}),
        ("18-24", {"age_min": 18, "age_max": 24}),
        ("Adults over 50", {"age_min": 50}),
    ],
)
def test_age_groups_outside_the_table_are_read_from_their_name(value, facets):
    assert dict(table().resolve(Attribute("x", value, "demographic", "age")).facets) == facets


@pytest.mark.parametrize(
    ("value", "modality", "description", "expected"),
    [
        ("Zorblax", "brand", "Premium skincare, cruelty-free", ("categories", "skincare")),
        ("Weekend kayakers", "audience", "Love water sports and the outdoors", ("interests", "water_sports")),
        ("Zorblax", "publisher", "Professional network for engineers", ("intents", "professional_networking")),
        ("Zorbia", "country", "Tropical island", ("climate", "hot")),
    ],
)
def test_descriptions_in_plain_english_are_understood(value, modality, description, expected):
    traits = table().resolve(Attribute("x", value, modality, modality, {"description": description}))
    facet, wanted = expected
    assert wanted in traits.facets[facet]


def test_the_folder_can_stand_anywhere(tmp_path):
    for path in SHIPPED_FOLDER.rglob("*"):
        if path.is_file():
            target = tmp_path / path.relative_to(SHIPPED_FOLDER)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    assert load_trait_table(Path(tmp_path)).fingerprint == table().fingerprint

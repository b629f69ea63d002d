import pytest

from core.knowledge.traits import Source, Unknown


@pytest.mark.parametrize(
    ("value", "facets"),
    [
        ("Weekend rowers", {"rigs": ("oars",)}),
        ("Sailors 25-34", {"age_min": 25, "age_max": 34}),
        ("18 to 24", {"age_min": 18, "age_max": 24}),
        ("Skippers 45+", {"age_min": 45}),
        ("Skippers 45 and over", {"age_min": 45}),
        ("under 30", {"age_max": 29}),
        ("Old salts", {"age_min": 60}),
        ("Thrifty rowers over 50", {"rigs": ("oars",), "purse_max": 1, "age_min": 50}),
        ("Deep keel people", {"rigs": ("deep_keel",)}),
    ],
)
def test_words_and_ages_in_the_value_become_facts(table, attribute, value, facets):
    traits = table.resolve(attribute(value, "sailor"))
    assert traits.facets == facets
    assert traits.sources == (Source.WORDS,)


def test_a_description_column_is_read_and_the_phrases_are_recorded(table, attribute):
    traits = table.resolve(attribute("Zorblax", "boat", Description="A yacht with an engine; rich, tidal."))
    assert traits.facets == {"rigs": ("sail", "motor"), "cost": 3, "waters": ("salt",)}
    assert traits.matched == ("yacht", "engine", "rich", "tidal")


def test_other_columns_are_not_read(table, attribute):
    assert isinstance(table.resolve(attribute("Zorblax", "boat", owner="Mr Yacht")), Unknown)


@pytest.mark.parametrize("text", ["No engine", "not an engine"])
def test_a_negation_takes_back_the_words_after_it(table, attribute, text):
    assert isinstance(table.resolve(attribute("Zorblax", "boat", description=text)), Unknown)
    clauses = table.resolve(attribute("Zorblax", "boat", description=f"{text}; a yacht"))
    assert clauses.facets["rigs"] == ("sail",)


def test_a_single_valued_facet_said_two_ways_stays_unknown(table, attribute):
    traits = table.resolve(attribute("Zorblax", "boat", description="thrifty yacht"))
    assert traits.facets == {"rigs": ("sail",)}


def test_words_of_facets_that_the_kind_lacks_are_left_out(table, attribute):
    traits = table.resolve(attribute("Thrifty rowers", "boat"))
    assert traits.facets == {"rigs": ("oars",), "cost": 1}


def test_ages_are_read_only_for_the_kinds_that_have_them_in_text(table, attribute):
    assert "age_min" not in table.resolve(attribute("Sail 25-34", "boat")).facets


@pytest.mark.parametrize("value", ["Fleet of 2024-25", "$20-30 sail", "Sail 9-5", "Sail 3.5-40"])
def test_numbers_that_are_no_ages_are_left_alone(table, attribute, value):
    traits = table.resolve(attribute(f"{value} sail", "sailor"))
    assert not {"age_min", "age_max"} & set(traits.facets)

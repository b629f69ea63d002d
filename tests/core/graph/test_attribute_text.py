"""What is embedded of an attribute: its value with what the catalogue and the trait table say of it."""

import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.attribute_text import (
    MOST_LISTED,
    attribute_text,
    catalogue_texts,
    known_facts,
    offline_description,
    offline_descriptions,
    texts_with,
)
from core.knowledge.traits import Traits, TraitTable, Unknown, load_trait_table


@pytest.fixture(scope="module")
def table() -> TraitTable:
    return load_trait_table()


def attribute(value: str, modality: str = "brand", **facts: str) -> Attribute:
    return Attribute(value.casefold(), value, modality, modality, facts)


def test_a_value_is_never_bare_where_there_is_a_description() -> None:
    rolex = attribute("Rolex")
    assert attribute_text(rolex, " Swiss\n watches. ") == "Rolex: Swiss watches."
    assert attribute_text(rolex, "  ") == "Rolex"


def test_the_description_tells_what_the_table_knows_most_telling_first(table: TraitTable) -> None:
    nike = attribute("Nike")
    known = table.resolve(nike)
    assert isinstance(known, Traits)
    text = offline_description(nike, table)
    told = [word.replace("_", " ") for word in known.facets["categories"][:MOST_LISTED]]  # type: ignore[index]
    places = [text.casefold().index(word) for word in told]
    assert places == sorted(places)
    level = f"{known.facets['price_tier']:g}"
    assert f"{table.schema.facets['price_tier'].levels[level]} prices" in text  # type: ignore[union-attr]
    assert f"{known.facets['age_min']:g} to {known.facets['age_max']:g} years" in text
    assert "_" not in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("facets", "text"),
    [
        ({}, ""),
        ({"price_min": 2.0, "price_max": 4.0}, "Value to premium prices."),
        ({"price_min": 3.0}, "From mid-range prices."),
        ({"price_max": 3.0}, "Up to mid-range prices."),
        ({"price_min": 5.0, "price_max": 5.0}, "Luxury prices."),
        ({"age_min": 18.0, "age_max": 34.0}, "18 to 34 years."),
        ({"age_min": 65.0}, "From 65 years."),
        ({"interests": ("running", "film_tv"), "gender": "female"}, "Running and film tv, mostly female."),
        ({"interests": tuple("abcdef")}, "A, b, c and d."),
        ({"platforms_used": ("TikTok",), "avoids": ("fur",)}, ""),  # side facts are not told
    ],
)
def test_facts_read_as_words(table: TraitTable, facets: dict[str, object], text: str) -> None:
    traits = Traits("X", "X", "audience", facets, ())  # type: ignore[arg-type]
    assert known_facts(traits, table.schema) == text


def test_the_catalogues_own_description_comes_first(table: TraitTable) -> None:
    own = attribute("Nike", description="Makes  shoes", note="Founded 1964.", colour="red")
    text = offline_description(own, table)
    assert text.startswith("Makes shoes. Founded 1964. Sportswear")
    assert "red" not in text


def test_the_unknown_keep_their_own_words_or_stay_bare(table: TraitTable) -> None:
    unknown = attribute("Zzyzx Holdings")
    assert isinstance(table.resolve(unknown), Unknown)
    catalogue = Catalogue((unknown, attribute("Qwrtp", "mood", description="calm {curly} and 100%")))
    assert offline_descriptions(catalogue, table) == ("", "calm {curly} and 100%.")
    assert catalogue_texts(catalogue, table) == ("Zzyzx Holdings", "Qwrtp: calm {curly} and 100%.")


def test_descriptions_go_with_their_attributes(table: TraitTable) -> None:
    catalogue = Catalogue((attribute("A"), attribute("B")))
    assert texts_with(catalogue, ["one", ""]) == ("A: one", "B")
    with pytest.raises(ValueError, match="zip"):
        texts_with(catalogue, ["one"])

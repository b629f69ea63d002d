"""Facts as vectors: what is alike lies near, and joined vectors weigh text and traits as promised."""

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import InvalidInput
from core.graph.attribute_vectors import joined_vectors, normalised, share_of_same_group, trait_vectors
from core.knowledge.traits import SHIPPED_FOLDER, TraitTable, load_trait_table


@pytest.fixture(scope="module")
def table() -> TraitTable:
    return load_trait_table()


def brands(**facts: dict[str, str]) -> Catalogue:
    """Attributes that the table does not list, described by columns of their own."""
    return Catalogue(tuple(Attribute(name, f"Zz{name}", "brand", "brand", own) for name, own in facts.items()))


def cosines(catalogue: Catalogue, table: TraitTable) -> np.ndarray:
    vectors = trait_vectors(catalogue, table)
    return vectors @ vectors.T


def test_known_attributes_have_unit_vectors_and_unknown_ones_zeros(table: TraitTable) -> None:
    catalogue = Catalogue(
        (Attribute("a", "Nike", "brand", "brand"), Attribute("b", "Zzyzx", "brand", "brand"))
    )  # fmt: skip
    vectors = trait_vectors(catalogue, table)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0], abs=1e-6)


def test_the_same_facts_give_the_same_vector(table: TraitTable) -> None:
    facts = {"categories": "wine|beer", "price_tier": "4", "age_min": "30"}
    same = cosines(brands(a=facts, b=dict(reversed(facts.items()))), table)
    assert same[0, 1] == pytest.approx(1, abs=1e-6)


def test_near_levels_and_ranges_lie_nearer_than_far_ones(table: TraitTable) -> None:
    tiers = cosines(brands(**{str(n): {"categories": "cars", "price_tier": str(n)} for n in (1, 2, 5)}), table)
    assert tiers[0, 1] > tiers[0, 2]
    spans = {"young": ("18", "25"), "older": ("22", "35"), "old": ("60", "80")}
    ages = {name: {"categories": "cars", "age_min": low, "age_max": high} for name, (low, high) in spans.items()}
    likeness = cosines(brands(**ages), table)
    assert likeness[0, 1] > likeness[0, 2]


def test_ranges_beyond_the_scale_are_its_ends_and_contradictions_say_nothing(table: TraitTable) -> None:
    spans = {
        "children": ("0", "9"),
        "tots": ("2", "5"),
        "old": ("85", "120"),
        "backwards": ("60", "20"),
        "none": ("", ""),
    }
    ages = {
        name: {"categories": "cars"} | ({"age_min": low, "age_max": high} if low else {})
        for name, (low, high) in spans.items()
    }
    likeness = cosines(brands(**ages), table)
    assert likeness[0, 1] == pytest.approx(1, abs=1e-6)
    assert likeness[0, 2] < 0.9
    assert likeness[3, 4] == pytest.approx(1, abs=1e-6)


def test_the_most_telling_value_of_a_list_weighs_most(table: TraitTable) -> None:
    lists = {"a": "wine|beer|tea", "b": "wine|coffee|water", "c": "coffee|water|wine"}
    likeness = cosines(brands(**{name: {"categories": text} for name, text in lists.items()}), table)
    assert likeness[0, 1] > likeness[0, 2] + 0.02
    assert likeness[0, 2] > 0


def test_columns_do_not_depend_on_the_order_of_the_rows(table: TraitTable) -> None:
    catalogue = catalogue_or_error(read_catalogue_file(SHIPPED_FOLDER.parent / "catalogues" / "small.csv"))
    order = np.random.default_rng(0).permutation(len(catalogue))
    shuffled = Catalogue(tuple(catalogue.attributes[position] for position in order))
    assert trait_vectors(shuffled, table).tobytes() == trait_vectors(catalogue, table)[order].tobytes()


def test_joined_cosines_are_the_weighted_mean_of_both() -> None:
    rng = np.random.default_rng(0)
    text, traits = (normalised(rng.normal(size=(5, size))) for size in (8, 3))
    joined = joined_vectors(text, traits, 0.3)
    expected = 0.7 * text @ text.T + 0.3 * traits @ traits.T
    assert joined @ joined.T == pytest.approx(expected, abs=1e-6)
    traits[2] = 0
    lone = joined_vectors(text, traits, 0.3)
    assert lone[2] == pytest.approx(np.append(text[2], [0, 0, 0]))
    assert np.linalg.norm(lone, axis=1) == pytest.approx(np.ones(5), abs=1e-6)


def test_vectors_that_do_not_match_are_refused() -> None:
    ones = np.ones((3, 2), dtype=np.float32)
    with pytest.raises(InvalidInput) as caught:
        joined_vectors(ones, ones[:2], 1.5)
    assert [problem.field for problem in caught.value.problems] == ["traits", "trait_share"]


def test_the_share_of_same_group_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(20, 4)).astype(np.float32)
    groups = ["", "alone", *rng.choice(["x", "y"], size=18)]
    hits = []
    for row in range(2, 20):
        likeness = {
            other: vectors[row] @ vectors[other] / np.linalg.norm(vectors[other]) for other in range(20) if other != row
        }
        hits.append(groups[max(likeness, key=likeness.__getitem__)] == groups[row])
    assert share_of_same_group(vectors, groups) == pytest.approx(np.mean(hits))

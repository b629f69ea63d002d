"""Recipes: every one on real densities, each change against its definition, bad recipes refused."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset import recipes
from core.dataset.generation import generate_dataset
from core.dataset.recipes import Recipe, apply_recipe, parse_recipe, recipe_named, recipe_names, recipes_of
from core.errors import InvalidInput, NotFound
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, config_id, parse_config
from core.sampler.configuration_check import check_config
from core.sampler.density import Density, measure_density, share_in_ranges


@pytest.fixture(scope="module")
def three(config: DatasetConfig) -> DatasetConfig:
    data = config.model_dump(mode="json")
    data["label_params"] = {
        "up": {"pos_frac_range": [0.45, 1], "neg_frac_range": [0, 0.3], "num_samples": 500},
        "down": {"pos_frac_range": [0, 0.4], "neg_frac_range": [0.2, 1], "num_samples": 100},
        "mid": {"pos_frac_range": [0.2, 0.6], "neg_frac_range": [0.1, 0.4], "num_samples": 60},
    }
    return parse_config(data)


@pytest.fixture(scope="module")
def density(graph: SignedGraph, three: DatasetConfig) -> Density:
    return measure_density(graph, three.type_ranges, seed=1)


def recipe(**change: Any) -> Recipe:
    return parse_recipe(json.dumps({"name": "test", "version": 3, "title": "Test", "about": "A test.", **change}))


def rows_of(config: DatasetConfig) -> list[int]:
    return [params.num_samples for params in config.label_params.values()]


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_can_be_used_and_sampled(
    name: str, graph: SignedGraph, three: DatasetConfig, density: Density
) -> None:
    made = apply_recipe(three, recipe_named(name), density, graph.catalogue.modalities)
    assert made.recipe == f"{name}@{recipe_named(name).version}"
    assert check_config(made, graph.catalogue) == ()
    assert made.type_ranges == three.type_ranges
    assert sum(rows_of(made)) == 660
    assert config_id(made) != config_id(three)
    small = made.model_copy(
        update={"label_params": {n: p.model_copy(update={"num_samples": 3}) for n, p in made.label_params.items()}}
    )
    assert all(outcome.n_rows == 3 for outcome in finish(generate_dataset(graph, small)).outcomes)


def test_percentile_boxes_hold_their_share_of_random_rows(three: DatasetConfig, density: Density) -> None:
    boxes = {"a": {"pos_frac": [0, 30], "neg_frac": [0, 100]}, "b": {"pos_frac": [0, 100], "neg_frac": [40, 90]}}
    made = apply_recipe(three, recipe(labels=boxes), density, ())
    shares = share_in_ranges(density, made.label_params)
    found, p = density.fractions, np.percentile
    a, b = made.label_params.values()
    assert a.pos_frac_range == (0.0, pytest.approx(p(found.pos_frac, 30), abs=1e-4))
    assert (a.neg_frac_range, b.pos_frac_range) == ((0.0, 1.0), (0.0, 1.0))
    assert b.neg_frac_range == pytest.approx(p(found.neg_frac, [40, 90]), abs=1e-4)
    assert shares["a"] >= 0.3 - 1e-9
    assert shares["b"] >= 0.5 - 1e-9
    assert rows_of(made) == [330, 330]


def test_the_inverse_of_the_inverse_holds_the_rows_it_began_with(three: DatasetConfig) -> None:
    """On long rows, whose fractions are as good as continuous."""
    rng = np.random.default_rng(3)
    size, n_pos, n_neg = np.full(5_000, 300), rng.integers(8_000, 30_000, 5_000), rng.integers(1_000, 14_000, 5_000)
    long = Density(dict(three.type_ranges), 0, *(part.astype(np.int32) for part in (size, n_pos, n_neg)))
    once = apply_recipe(three, recipe(mirror=True), long, ())
    up = once.label_params["up"]
    assert up.pos_frac_range[0] == 0.0  # what asked for the most asks for the fewest
    assert up.neg_frac_range[1] == 1.0
    twice = apply_recipe(once, recipe(mirror=True), long, ())
    before, after = (share_in_ranges(long, c.label_params) for c in (three, twice))
    assert after == pytest.approx(before, abs=0.01)
    assert recipes_of(twice) == ("test@3", "test@3")
    assert rows_of(twice) == rows_of(three)


def test_the_middle_lies_inside_what_was_asked_for_or_nearer_to_the_median(
    three: DatasetConfig, density: Density
) -> None:
    made = apply_recipe(three, recipe(squeeze=0.5), density, ())
    low, high = made.label_params["up"].pos_frac_range
    assert high == pytest.approx(density.pos_frac.p75, abs=1e-4)  # from 100 half way to 50
    rank = (density.fractions.pos_frac < 0.45).mean() / 2 + (density.fractions.pos_frac <= 0.45).mean() / 2
    assert low == pytest.approx(np.percentile(density.fractions.pos_frac, 25 + 50 * rank), abs=1e-4)


def test_imbalance_keeps_the_rows_and_spreads_their_ratio(three: DatasetConfig, density: Density) -> None:
    made = apply_recipe(three, recipe(imbalance=16), density, ())
    first, second, last = rows_of(made)
    assert first + second + last == 660
    assert first / last == pytest.approx(16, rel=0.1)
    assert first / second == pytest.approx(4, rel=0.1)


@given(st.integers(1, 10_000), st.lists(st.floats(1.0, 1000.0), min_size=1, max_size=8))
@settings(max_examples=80, deadline=None)
def test_rows_are_split_whole_and_none_is_left_out(total: int, weights: list[float]) -> None:
    parts = recipes._split(total + len(weights), weights)
    assert sum(parts) == total + len(weights)
    assert min(parts) >= 1
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - 1 - total * weight / sum(weights)) < 1 + 1e-6


def test_noise_takes_the_place_of_its_own_kind_alone(
    graph: SignedGraph, three: DatasetConfig, density: Density
) -> None:
    noisy = parse_config({**three.model_dump(mode="json"), "noise": {"label": 0.3, "missing": {"brand": 0.5}}})
    made = apply_recipe(noisy, recipe(attribute_noise=0.1), density, graph.catalogue.modalities)
    assert (made.noise.label, made.noise.attribute, made.noise.missing) == (0.3, 0.1, {"brand": 0.5})
    again = apply_recipe(made, recipe(missing=0.2), density, ("brand", "país"))
    assert again.noise.missing == {"brand": 0.2, "país": 0.2}


def test_what_a_recipe_needs_and_lacks_is_said_at_once(
    graph: SignedGraph, config: DatasetConfig, density: Density
) -> None:
    data = config.model_dump(mode="json")
    data["type_ranges"] = {"brand": [1, 1], "interest": [1, 2]}
    data["label_params"] = {"one": {"pos_frac_range": [0, 1], "neg_frac_range": [0, 1], "num_samples": 1}}
    with pytest.raises(InvalidInput) as caught:
        apply_recipe(parse_config(data), recipe(imbalance=2), density, ())
    assert [problem.field for problem in caught.value.problems] == ["type_ranges", "label_params"]
    box = {"pos_frac": [0, 100], "neg_frac": [0, 100]}
    with pytest.raises(InvalidInput, match="1 rows cannot be split among 2 labels"):
        apply_recipe(parse_config(data), recipe(labels={"a": box, "b": box}), density, ())


def test_an_unknown_recipe_names_those_there_are() -> None:
    with pytest.raises(NotFound, match="middle"):
        recipe_named("../configs/small")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sqeeze": 0.5}, "sqeeze"),
        ({"squeeze": 0.0}, "squeeze"),
        ({"imbalance": 0.5}, "imbalance"),
        ({"version": 0}, "version"),
        ({"name": "Not A Name"}, "name"),
        ({"labels": {"a": {"pos_frac": [50, 50], "neg_frac": [0, 100]}}}, "labels.a.pos_frac"),
        ({"labels": {"a": {"pos_frac": [0, 101], "neg_frac": [0, 100]}}}, "labels.a.pos_frac"),
        ({"label_noise": 2.0}, "label_noise"),
    ],
)
def test_a_recipe_with_a_mistake_is_refused_with_its_place(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        recipe(**change)
    assert [problem.field for problem in caught.value.problems] == [field]

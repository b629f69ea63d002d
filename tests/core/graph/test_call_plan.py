"""Every pair exactly once, never over the batch size, never below the floor, never above the published formula."""

import csv
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import ValenceError
from core.graph.call_plan import MAX_PAIRS, PlanMethod, calls_floor, calls_published, plan_calls

CATALOGUES = Path(__file__).parents[3] / "data" / "catalogues"


def catalogue_of(sizes: list[int]) -> Catalogue:
    return Catalogue(
        tuple(Attribute(f"{m}-{i}", f"value {m}-{i}", f"m{m}", f"t{m}") for m, n in enumerate(sizes) for i in range(n))
    )


def shipped(name: str) -> Catalogue:
    with (CATALOGUES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return Catalogue(
            tuple(Attribute(r["id"], r["value"], r["modality"], r["attribute_type"]) for r in csv.DictReader(file))
        )


def pairs_of(catalogue: Catalogue) -> set[frozenset[int]]:
    modality = [a.modality for a in catalogue.attributes]
    return {frozenset(p) for p in combinations(range(len(catalogue)), 2) if modality[p[0]] != modality[p[1]]}


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 14), min_size=2, max_size=5),
    batch_size=st.integers(1, 9),
    method=st.sampled_from(list(PlanMethod)),
)
def test_a_plan_asks_every_cross_modality_pair_exactly_once(
    sizes: list[int], batch_size: int, method: PlanMethod
) -> None:
    catalogue = catalogue_of(sizes)
    plan = plan_calls(catalogue, method, batch_size)
    asked = [frozenset((call.primary, int(target))) for call in plan for target in call.targets]
    assert len(asked) == len(set(asked)) == catalogue.n_pairs
    assert set(asked) == pairs_of(catalogue)
    assert all(1 <= len(call.targets) <= batch_size for call in plan)


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=2, max_size=6), batch_size=st.integers(1, 30))
def test_packed_plans_lie_between_the_floor_and_the_published_formula(sizes: list[int], batch_size: int) -> None:
    catalogue = catalogue_of(sizes)
    n_calls = plan_calls(catalogue, PlanMethod.PACKED, batch_size).n_calls
    assert calls_floor(catalogue, batch_size) <= n_calls <= calls_published(catalogue, batch_size)


def smallest_cost(catalogue: Catalogue, batch_size: int) -> int:
    """Oracle: every orientation of every pair."""
    pairs = sorted(tuple(sorted(p)) for p in pairs_of(catalogue))
    best = len(pairs)
    for choice in range(2 ** len(pairs)):
        out = [0] * len(catalogue)
        for bit, (a, b) in enumerate(pairs):
            out[a if choice >> bit & 1 else b] += 1
        best = min(best, sum(-(-degree // batch_size) for degree in out))
    return best


@pytest.mark.parametrize("sizes", [[2, 2], [1, 4], [2, 4], [3, 3], [2, 2, 2], [1, 2, 3], [1, 1, 1, 2]])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 5])
def test_packed_plans_of_small_catalogues_are_optimal(sizes: list[int], batch_size: int) -> None:
    catalogue = catalogue_of(sizes)
    assert plan_calls(catalogue, PlanMethod.PACKED, batch_size).n_calls == smallest_cost(catalogue, batch_size)


@pytest.mark.parametrize(("name", "packed", "published"), [("small", 17, 54), ("large", 348, 570)])
def test_shipped_catalogues_reach_the_floor(name: str, packed: int, published: int) -> None:
    catalogue = shipped(name)
    assert plan_calls(catalogue).n_calls == calls_floor(catalogue) == packed
    assert plan_calls(catalogue, PlanMethod.PUBLISHED).n_calls == calls_published(catalogue) == published


@pytest.mark.parametrize(
    ("sizes", "published"), [([120, 120, 60, 20], 1620), ([300, 300, 150, 50], 8700), ([600, 600, 300, 100], 34800)]
)
def test_the_published_formula_at_other_sizes(sizes: list[int], published: int) -> None:
    assert calls_published(catalogue_of(sizes)) == published


def test_a_catalogue_too_large_for_brute_force_is_refused_with_its_cost() -> None:
    side = int(MAX_PAIRS**0.5) + 1
    with pytest.raises(ValenceError, match=r"at least 60,\d{3} calls"):
        plan_calls(catalogue_of([side, side]))


def test_a_batch_of_no_targets_is_refused() -> None:
    with pytest.raises(ValenceError, match="cannot hold 0 targets"):
        plan_calls(catalogue_of([2, 2]), batch_size=0)

"""Diversity that no dataset can have is refused before the run, with arithmetic that holds."""

import re
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.configuration_check import check_config
from core.sampler.diversity_check import exposure_cap, n_possible_rows


def catalogue_of(**sizes: int) -> Catalogue:
    return Catalogue(
        tuple(Attribute(f"{kind}-{i}", f"{kind} {i}", kind, kind) for kind, size in sizes.items() for i in range(size))
    )


def config_of(types: dict[str, list[int]], rows: dict[str, int], **diversity: Any) -> DatasetConfig:
    box = {"pos_frac_range": [0, 1], "neg_frac_range": [0, 1]}
    labels = {name: {**box, "num_samples": n} for name, n in rows.items()}
    return parse_config({"type_ranges": types, "label_params": labels, "diversity": diversity})


@settings(max_examples=80, deadline=None)
@given(n=st.integers(1, 40), low=st.integers(0, 3), rows=st.integers(1, 3_000), percent=st.integers(1, 10_000))
def test_a_cap_is_refused_when_the_rows_need_more_and_the_share_it_names_is_enough(
    n: int, low: int, rows: int, percent: int
) -> None:
    low = min(low, n)
    catalogue = catalogue_of(a=n, b=5)
    share = percent / 10_000
    config = config_of({"a": [low, n], "b": [1, 2]}, {"x": rows}, max_exposure={"a": share})
    problems = check_config(config, catalogue)
    cap = int(Fraction(percent, 10_000) * rows)
    assert exposure_cap(share, rows) == cap
    assert bool(problems) == (cap == 0 or n * cap < low * rows)
    if problems:
        assert [problem.field for problem in problems] == ["diversity.max_exposure.a"]
        found = re.fullmatch(r"Raise (?:it|the share) to at least ([\d.e-]+)\.", problems[0].fix)
        assert found
        raised = config_of({"a": [low, n], "b": [1, 2]}, {"x": rows}, max_exposure={"a": float(found[1])})
        left = check_config(raised, catalogue)
        assert not left or cap == 0  # a share of one row may still be too little for all rows together


def test_the_arithmetic_is_told() -> None:
    config = config_of({"a": [2, 3], "b": [1, 1]}, {"few": 10, "many": 100}, max_exposure={"a": 0.3, "c": 0.5})
    problems = check_config(config, catalogue_of(a=5, b=4))
    assert [problem.field for problem in problems] == [
        "diversity.max_exposure.a",
        "diversity.max_exposure.a",
        "diversity.max_exposure.c",
    ]
    assert problems[1].message == (
        "The 100 rows of 'many' need 200 attributes of 'a' (at least 2 each), but 5 attributes in at most 30 rows each "
        "make 150."
    )
    assert problems[1].fix == "Raise the share to at least 0.4."


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=3))
def test_possible_rows_are_those_of_an_enumeration(shape: list[tuple[int, int, int]]) -> None:
    types = {f"t{i}": sorted((min(a, n), min(b, n))) for i, (n, a, b) in enumerate(shape)}
    catalogue = catalogue_of(**{f"t{i}": n for i, (n, _, _) in enumerate(shape)})
    config = config_of(types, {"x": 1})
    choices = [
        [c for k in range(low, high + 1) for c in combinations(catalogue.positions_by_type[name], k)]
        for name, (low, high) in types.items()
    ]
    n = len(list(product(*choices)))
    assert n_possible_rows(config, catalogue, 10**9) == n
    assert n_possible_rows(config, catalogue, 3) == min(n, 3)


def test_more_distinct_rows_than_there_are_is_refused() -> None:
    catalogue = catalogue_of(a=3, b=4)
    types = {"a": [1, 1], "b": [1, 2]}  # 3 x (4 + 6)
    assert check_config(config_of(types, {"x": 30}, duplicates="refuse"), catalogue) == ()
    assert check_config(config_of(types, {"x": 31}), catalogue) == ()
    problems = check_config(config_of(types, {"x": 31, "y": 30}, duplicates="refuse"), catalogue)
    assert [problem.field for problem in problems] == ["label_params.x.num_samples"]
    assert "only 30 different rows" in problems[0].message


def test_huge_types_are_counted_at_once() -> None:
    catalogue = catalogue_of(a=20_000, b=2)
    config = config_of({"a": [0, 900], "b": [0, 1]}, {"x": 10_000_000}, duplicates="refuse")
    assert check_config(config, catalogue) == ()


@pytest.mark.parametrize(
    "diversity",
    [
        {"max_exposure": {"a": 0.0}},
        {"max_exposure": {"a": 1.5}},
        {"duplicates": "never"},
        {"max_exposure": {"a": float("nan")}},
        {"exposure": 1},
    ],
)
def test_settings_that_mean_nothing_are_refused(diversity: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        config_of({"a": [1, 1], "b": [1, 1]}, {"x": 1}, **diversity)
    assert caught.value.problems[0].field.startswith("diversity")

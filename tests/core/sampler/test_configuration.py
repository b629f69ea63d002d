"""Every way a configuration can be wrong, each named with its place; what is right survives unchanged."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import InvalidInput
from core.sampler.configuration import config_id, config_json, parse_config
from core.sampler.configuration_check import check_config

GOOD: dict[str, Any] = {
    "type_ranges": {"brand": [1, 1], "interest": [1, 3], "country": [0, 2]},
    "label_params": {
        "pos": {"pos_frac_range": [0.4, 1], "neg_frac_range": [0, 0.2], "num_samples": 10},
        "neg": {"pos_frac_range": [0, 0.2], "neg_frac_range": [0.4, 1], "num_samples": 20},
    },
    "high_priority_pairs": [["brand", "interest"]],
    "low_priority_pairs": [["brand", "country"]],
    "sampler": {"max_iters": 100, "start_temp": 0.05, "end_temp": 0.002, "patience": 50, "proposals_per_step": 1},
    "seed": 7,
}
CATALOGUE = Catalogue(
    tuple(
        Attribute(f"{kind}-{i}", f"{kind} {i}", modality, kind)
        for kind, modality, n in (
            ("brand", "brand", 5),
            ("interest", "audience", 4),
            ("age", "audience", 3),
            ("country", "geo", 2),
        )
        for i in range(n)
    )
)

DATA = Path(__file__).parents[3] / "data"
Edit = Callable[[dict[str, Any]], Any]


def changed(edit: Edit) -> dict[str, Any]:
    data = copy.deepcopy(GOOD)
    edit(data)
    return data


def problems_of(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        parse_config(data)
    return [(p.field, f"{p.message} {p.fix}") for p in caught.value.problems]


def put(path: str, value: Any) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for part in parents:
            data = data[part]
        data[last] = value

    return edit


POS = "label_params.pos"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("sampler.max_iter", 10, "Did you mean 'max_iters'"),
        ("sed", 1, "Did you mean 'seed'"),
        (f"{POS}.pos_frac_rnge", [0, 1], "Did you mean 'pos_frac_range'"),
        (f"{POS}.pos_frac_range", [0.6, 0.4], "greater than the maximum"),
        (f"{POS}.pos_frac_range", [-0.1, 0.4], "too small"),
        (f"{POS}.pos_frac_range", [0.1, 1.5], "too large"),
        (f"{POS}.pos_frac_range", [0.1, float("nan")], "not a finite number"),
        (f"{POS}.neg_frac_range", [0.1, float("inf")], "not a finite number"),
        (f"{POS}.neg_frac_range", ["0.1", 1], "not a number"),
        (f"{POS}.neg_frac_range", [True, 1], "not a number"),
        (f"{POS}.neg_frac_range", [0.1], "second value is missing"),
        (f"{POS}.neg_frac_range", [0.1, 0.2, 0.3], "two values"),
        (f"{POS}.neg_frac_range", 0.5, "not a list"),
        (f"{POS}.num_samples", 0, "at least 1"),
        (f"{POS}.num_samples", -5, "at least 1"),
        (f"{POS}.num_samples", 10**9, "at most 10,000,000"),
        (f"{POS}.num_samples", 1.5, "not a whole number"),
        (f"{POS}.num_samples", 2.0, "not a whole number"),
        (f"{POS}.num_samples", "10", "not a whole number"),
        (f"{POS}.num_samples", True, "not a whole number"),
        (f"{POS}.num_samples", None, "not a whole number"),
        (POS, [1], "not an object"),
        ("label_params", {}, "is empty"),
        ("label_params", [], "not an object"),
        ("type_ranges", {}, "is empty"),
        ("type_ranges.brand", [2, 1], "greater than the maximum"),
        ("type_ranges.brand", [-1, 1], "at least 0"),
        ("type_ranges.brand", [0.5, 1], "not a whole number"),
        ("type_ranges.label", [0, 1], "cannot be called 'label'"),
        ("sampler.end_temp", 0.5, "above the start temperature"),
        ("sampler.end_temp", 0, "more than 0"),
        ("sampler.start_temp", float("nan"), "not a finite number"),
        ("sampler.patience", 101, "exceeds the 100 steps"),
        ("sampler.patience", 0, "at least 1"),
        ("sampler.max_iters", 10**8, "at most 10,000,000"),
        ("sampler.proposals_per_step", 0, "at least 1"),
        ("sampler.proposals_per_step", True, "not a whole number"),
        ("sampler.mixing_proposals", -1, "at least 0"),
        ("sampler.soft_strength", -0.5, "at least 0"),
        ("sampler.soft_strength", "strong", "not a number"),
        ("sampler", None, "not an object"),
        ("seed", -1, "at least 0"),
        ("seed", 2**63, "at most"),
        ("seed", 1.5, "not a whole number"),
        ("seed", "7", "not a whole number"),
        ("seed", False, "not a whole number"),
        ("high_priority_pairs", [["brand"]], "second value is missing"),
        ("high_priority_pairs", [["brand", 3]], "Pair 1: 3 is not text"),
        ("high_priority_pairs", [["brand", "interest"], ["interest", "brand"]], "more than once"),
        ("low_priority_pairs", [["interest", "brand"]], "Of high and of low priority at once: interest–brand"),
        ("low_priority_pairs", "brand", "not a list"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(path: str, value: Any, message: str) -> None:
    found = problems_of(changed(put(path, value)))
    assert len(found) == 1, found
    assert found[0][0] == path
    assert message in found[0][1]


def test_too_many_proposals_for_one_search_are_refused() -> None:
    data = changed(lambda d: d["sampler"].update(max_iters=100_000, proposals_per_step=200))
    ((place, text),) = problems_of(data)
    assert place == "sampler.proposals_per_step"
    assert "10,000,000" in text


@pytest.mark.parametrize("name", ["", " pos", "pos ", "po\ns", "po\u0000s", "\ud800"])
def test_unusable_label_names_are_refused(name: str) -> None:
    found = problems_of(changed(lambda d: d["label_params"].update({name: GOOD["label_params"]["pos"]})))
    assert len(found) == 1
    assert "not a usable label name" in found[0][1]


@pytest.mark.parametrize("key", ["type_ranges", "label_params"])
def test_a_missing_part_is_named(key: str) -> None:
    assert problems_of(changed(lambda d: d.pop(key))) == [(key, f"{key!r} is missing. Add it.")]


def test_all_problems_are_reported_at_once() -> None:
    data = changed(lambda d: d.update(seed=-1, sed=2))
    data["sampler"] |= {"end_temp": 1.0, "patience": 1_000, "proposals_per_step": 0}
    data["label_params"]["pos"]["num_samples"] = 0
    data["label_params"]["neg"]["neg_frac_range"] = [2, "x"]
    data["type_ranges"]["brand"] = [3, 1]
    assert sorted(place for place, _ in problems_of(data)) == [
        "label_params.neg.neg_frac_range",
        "label_params.neg.neg_frac_range",
        "label_params.pos.num_samples",
        "sampler.end_temp",
        "sampler.patience",
        "sampler.proposals_per_step",
        "sed",
        "seed",
        "type_ranges.brand",
    ]


def test_broken_json_is_named_with_its_line() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_config('{\n  "type_ranges": {},\n  oops\n}')
    (problem,) = caught.value.problems
    assert problem.row == 3
    assert "line 3" in problem.message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"seed": \xff}', "not UTF-8"),
        (b"[1, 2]", "not an object"),
        (b"", "Not valid JSON"),
        (b"[" * 100_000, "Not usable JSON"),
        (b'{"seed": ' + b"9" * 5_000 + b"}", "Not usable JSON"),
    ],
)
def test_text_that_is_no_object_is_refused(data: bytes, message: str) -> None:
    ((_, text),) = problems_of(data)
    assert message in text


def test_repeated_keys_are_named_with_their_path_beside_other_problems() -> None:
    text = json.dumps(GOOD).replace('"max_iters": 100', '"max_iters": 100, "max_iters": 100')
    text = text.replace('"seed": 7', '"seed": -7')
    assert [place for place, _ in problems_of(text)] == ["sampler.max_iters", "seed"]


def test_defaults_are_those_documented() -> None:
    config = parse_config({key: GOOD[key] for key in ("type_ranges", "label_params")})
    assert config.sampler.model_dump() == {
        "max_iters": 10_000,
        "start_temp": 0.015,
        "end_temp": 0.002,
        "patience": 5_000,
        "proposals_per_step": 1,
        "mixing_proposals": 100,
        "soft_strength": 5.0,
        "method": "auto",
        "spread": "natural",
    }
    assert config.noise.is_off
    assert config.diversity.is_off
    assert (config.seed, config.high_priority_pairs) == (0, ())


def test_the_json_reads_back_as_the_same_configuration() -> None:
    config = parse_config(json.dumps(GOOD))
    again = parse_config(config_json(config).encode())
    assert again == config
    assert config_json(again) == config_json(config)
    assert config_id(again) == config_id(config)


def test_the_id_follows_every_value_and_the_order_that_shapes_the_file() -> None:
    same = parse_config(changed(put("label_params.pos.pos_frac_range", [0.4, 1.0])))
    assert config_id(same) == config_id(parse_config(GOOD))
    reordered = changed(lambda d: d.update(type_ranges=dict(reversed(d["type_ranges"].items()))))
    other_seed = changed(put("seed", 8))
    ids = {config_id(parse_config(data)) for data in (GOOD, reordered, other_seed)}
    assert len(ids) == 3


def test_minus_zero_is_zero() -> None:
    config = parse_config(changed(put("label_params.pos.neg_frac_range", [-0.0, 0.2])))
    assert config_json(config) == config_json(parse_config(GOOD))


def test_a_fitting_configuration_has_no_problem() -> None:
    assert check_config(parse_config(GOOD), CATALOGUE) == ()


@pytest.mark.parametrize(
    ("edit", "place", "message"),
    [
        (put("type_ranges.brnd", [0, 1]), "type_ranges.brnd", "Did you mean 'brand'"),
        (put("type_ranges.brand", [1, 6]), "type_ranges.brand", "the catalogue has 5"),
        (
            put("label_params.pos.neg_frac_range", [0.7, 0.8]),
            "label_params.pos.pos_frac_range",
            "add up to 1.1",
        ),
        (put("high_priority_pairs", [["brand", "intrest"]]), "high_priority_pairs", "Did you mean 'interest'"),
        (put("low_priority_pairs", [["brand", "age"]]), "low_priority_pairs", "not in type_ranges"),
    ],
)
def test_what_does_not_fit_the_catalogue_is_named(edit: Edit, place: str, message: str) -> None:
    (problem,) = check_config(parse_config(changed(edit)), CATALOGUE)
    assert problem.field == place
    assert message in f"{problem.message} {problem.fix}"


def test_rows_that_never_hold_a_pair_are_refused() -> None:
    data = changed(lambda d: d.update(type_ranges={"brand": [0, 1]}, high_priority_pairs=[], low_priority_pairs=[]))
    (problem,) = check_config(parse_config(data), CATALOGUE)
    assert (problem.field, "at most 1" in problem.message) == ("type_ranges", True)


def test_rows_of_more_than_the_limit_are_refused() -> None:
    many = Catalogue(tuple(Attribute(f"{i}", f"v{i}", f"m{i % 2}", f"t{i % 2}") for i in range(1_400)))
    data = changed(lambda d: d.update(type_ranges={"t0": [0, 700], "t1": [0, 700]}))
    config = parse_config(data | {"high_priority_pairs": [], "low_priority_pairs": []})
    (problem,) = check_config(config, many)
    assert "the limit is 1,000" in problem.message


def test_pairs_within_one_modality_are_refused_because_no_edge_can_join_them() -> None:
    data = changed(put("type_ranges.age", [0, 1]))
    data["high_priority_pairs"] = [["interest", "age"], ["brand", "brand"]]
    found = check_config(parse_config(data), CATALOGUE)
    assert [p.field for p in found] == ["high_priority_pairs"] * 2
    assert all("one modality" in p.message for p in found)


def test_minima_that_add_up_to_exactly_one_are_allowed() -> None:
    data = changed(put("label_params.pos.pos_frac_range", [0.9, 1]))
    data["label_params"]["pos"]["neg_frac_range"] = [0.1, 0.1]
    assert check_config(parse_config(data), CATALOGUE) == ()


@pytest.mark.parametrize("path", sorted((DATA / "configs").glob("*.json")), ids=lambda path: path.name)
def test_shipped_configurations_fit_the_catalogue_of_their_name(path: Path) -> None:
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / f"{path.stem}.csv"))
    assert check_config(parse_config(path.read_bytes()), catalogue) == ()

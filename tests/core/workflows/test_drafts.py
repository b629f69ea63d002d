import json
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.dataset.generation import generate_dataset
from core.errors import InvalidInput, NotFound
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, LabelParams, config_json, parse_config
from core.sampler.density import measure_density, share_in_ranges
from core.store.workspace import Workspace
from core.workflows.draft_edits import NAME, field_of, read_edits, value_at
from core.workflows.drafts import (
    create_draft,
    newest_draft,
    read_draft,
    starting_config,
    starting_type_ranges,
    with_label,
    with_new_label,
    without_label,
    write_draft,
)
from core.workflows.dry_run import DRY_ROWS, DryLabel, dry_config, dry_run, dry_run_id

TYPES = {"brand": 8, "interest": 10, "city": 6, "label": 3}
ORDER = tuple(TYPES)
POS, NEG = ("label_params", "pos"), ("label_params", "neg")


def graph_of(sizes: Mapping[str, int] = TYPES, seed: int = 0) -> SignedGraph:
    catalogue = Catalogue(
        tuple(Attribute(f"{t}-{i}", f"{t} {i}", t, t) for t, size in sizes.items() for i in range(size))
    )
    types = [a.attribute_type for a in catalogue.attributes]
    pairs = [(i, j) for i, j in combinations(range(len(catalogue)), 2) if types[i] != types[j]]
    signs = np.random.default_rng(seed).choice([1, -1, 0], p=[0.4, 0.3, 0.3], size=len(pairs))
    kept = np.array([(*pair, sign) for pair, sign in zip(pairs, signs, strict=True) if sign]).T
    return signed_graph(catalogue, kept[0].astype(np.int32), kept[1].astype(np.int32), kept[2].astype(np.int8))


def config_of(**changes: Any) -> DatasetConfig:
    ranges = {"pos_frac_range": [0.3, 1], "neg_frac_range": [0, 0.6], "num_samples": 70}
    data = {
        "type_ranges": {"interest": [1, 3], "brand": [1, 2], "city": [1, 1]},
        "label_params": {"pos": ranges, "neg": {**ranges, "pos_frac_range": [0, 0.4], "num_samples": 30}},
        "seed": 5,
    }
    return parse_config({**data, **changes})


def data_of(config: DatasetConfig) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(config_json(config))
    return data


# --- drafts in the workspace


def test_a_draft_is_read_back_as_it_was_kept_orders_included(workspace: Workspace) -> None:
    config = config_of()
    draft = create_draft(workspace, "graph-1", config)
    assert config_json(read_draft(workspace, draft, "graph-1")) == config_json(config)
    changed = config_of(seed=9)
    write_draft(workspace, draft, changed)
    assert config_json(read_draft(workspace, draft, "graph-1")) == config_json(changed)


def test_a_draft_belongs_to_one_graph(workspace: Workspace) -> None:
    draft = create_draft(workspace, "graph-1", config_of())
    with pytest.raises(NotFound, match=draft):
        read_draft(workspace, draft, "graph-2")


def test_a_draft_that_is_gone_is_not_written_to(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        write_draft(workspace, "nowhere", config_of())


def test_a_draft_that_the_class_refuses_by_now_says_why(workspace: Workspace) -> None:
    draft = create_draft(workspace, "graph-1", config_of())
    workspace.database.write("UPDATE config_drafts SET config = ?", ['{"type_ranges": {"a": [2, 1]}}'])
    with pytest.raises(InvalidInput) as refused:
        read_draft(workspace, draft, "graph-1")
    assert {problem.field for problem in refused.value.problems} == {"type_ranges.a", "label_params"}


def test_the_newest_draft_is_the_one_changed_last_of_that_graph(workspace: Workspace) -> None:
    assert newest_draft(workspace, "graph-1") == ""
    first, second = (create_draft(workspace, "graph-1", config_of()) for _ in range(2))
    create_draft(workspace, "graph-2", config_of())
    for draft, instant in ((first, "2030-01-01T00:00:00+00:00"), (second, "2029-01-01T00:00:00+00:00")):
        workspace.database.write("UPDATE config_drafts SET updated_at = ? WHERE id = ?", [instant, draft])
    assert newest_draft(workspace, "graph-1") == first


def test_a_start_asks_for_what_the_catalogue_has_and_the_density_suggests() -> None:
    graph = graph_of({"brand": 1, "interest": 9, "label": 4})
    ranges = starting_type_ranges(graph.catalogue)
    assert ranges == {"brand": (1, 1), "interest": (1, 2)}  # rows keep their label under `label`
    density = measure_density(graph, ranges, seed=3)
    config = starting_config(density)
    assert config.label_params["pos"].pos_frac_range == (density.pos_frac.p50, 1.0)
    assert (dict(config.type_ranges), config.seed) == (ranges, 3)


# --- labels come and go


def test_a_new_label_comes_last_under_a_free_name_and_every_row_fits() -> None:
    config = with_new_label(with_new_label(config_of()))
    assert list(config.label_params) == ["pos", "neg", "label 1", "label 2"]
    again = with_new_label(without_label(config, "label 1"))
    assert list(again.label_params) == ["pos", "neg", "label 2", "label 1"]
    assert again.label_params["label 1"].pos_frac_range == again.label_params["label 1"].neg_frac_range == (0.0, 1.0)


def test_the_last_label_cannot_be_taken_away() -> None:
    with pytest.raises(InvalidInput, match="label_params"):
        without_label(without_label(config_of(), "pos"), "neg")


def test_a_label_is_replaced_in_its_place() -> None:
    params = LabelParams(pos_frac_range=(0.0, 0.1), neg_frac_range=(0.0, 0.1), num_samples=1)
    config = with_label(config_of(), "pos", params)
    assert next(iter(config.label_params.items())) == ("pos", params)


# --- edits


def test_an_edit_changes_its_value_and_nothing_else() -> None:
    expected = data_of(config_of())
    expected["label_params"]["pos"]["pos_frac_range"][0] = 0.35
    expected["sampler"]["patience"] = 10
    edits = {(*POS, "pos_frac_range", 0): 0.35, ("sampler", "patience"): 10}
    reading = read_edits(config_of(), edits, ORDER)
    assert reading.problems == ()
    assert reading.config is not None
    assert json.loads(config_json(reading.config)) == expected


def test_edits_that_need_each_other_are_taken_together_only() -> None:
    start, end = {("sampler", "start_temp"): 0.001}, {("sampler", "end_temp"): 0.0005}
    alone = read_edits(config_of(), start, ORDER)
    assert alone.config is None
    assert [problem.field for problem in alone.problems] == ["sampler.end_temp"]
    both = read_edits(config_of(), {**start, **end}, ORDER).config
    assert both is not None
    assert (both.sampler.start_temp, both.sampler.end_temp) == (0.001, 0.0005)


def test_every_refused_edit_is_told_at_its_field() -> None:
    edits = {
        ("seed",): "soon",
        (*POS, "num_samples"): 0,
        (*POS, "pos_frac_range", 1): 0.1,
        (*NEG, "neg_frac_range", 0): None,
        (*NEG, NAME): " neg",
        ("type_ranges", "brand", 0): 3,
        ("type_ranges", "label", 1): 1,
        ("high_priority_pairs",): [["brand", "city"], ["city", "brand"]],
        ("sampler", "max_iters"): 1,
    }
    reading = read_edits(config_of(), edits, ORDER)
    assert reading.config is None
    told = {problem.field for problem in reading.problems}
    assert told == {field_of(path) for path in edits if path[1:] != ("max_iters",)} | {"sampler.patience"}


def test_two_labels_can_exchange_their_names_but_not_share_one() -> None:
    shared = read_edits(config_of(), {(*POS, NAME): "neg"}, ORDER)
    assert shared.config is None
    assert [problem.field for problem in shared.problems] == ["label_params.pos"]
    swapped = read_edits(config_of(), {(*POS, NAME): "neg", (*NEG, NAME): "pos"}, ORDER).config
    assert swapped is not None
    before = config_of().label_params
    assert list(swapped.label_params.items()) == [("neg", before["pos"]), ("pos", before["neg"])]


def test_a_renamed_label_keeps_its_place_and_the_values_edited_with_it() -> None:
    edits = {(*POS, NAME): "good. *fit* 😀", (*POS, "num_samples"): 11}
    config = read_edits(config_of(), edits, ORDER).config
    assert config is not None
    assert [(name, p.num_samples) for name, p in config.label_params.items()] == [("good. *fit* 😀", 11), ("neg", 30)]


def test_an_edit_of_a_label_that_is_gone_is_told() -> None:
    reading = read_edits(config_of(), {("label_params", "old", "num_samples"): 3}, ORDER)
    assert reading.config is None
    assert [problem.field for problem in reading.problems] == ["label_params.old.num_samples"]


def test_a_type_is_left_out_at_zero_and_comes_back_to_its_place() -> None:
    config = config_of(type_ranges={"brand": [1, 2], "interest": [1, 3], "city": [1, 1]})
    out = read_edits(config, {("type_ranges", "interest", 0): 0, ("type_ranges", "interest", 1): 0}, ORDER).config
    assert out is not None
    assert out.type_ranges == {"brand": (1, 2), "city": (1, 1)}
    assert value_at(out, ("type_ranges", "interest", 1)) == 0
    back = read_edits(out, {("type_ranges", "interest", 0): 1, ("type_ranges", "interest", 1): 3}, ORDER).config
    assert back is not None
    assert config_json(back) == config_json(config)


def test_a_type_that_stands_at_zero_in_a_file_stays_until_it_is_edited() -> None:
    config = config_of(type_ranges={"brand": [1, 2], "city": [0, 0]})
    kept = read_edits(config, {("seed",): 1}, ORDER).config
    assert kept is not None
    assert "city" in kept.type_ranges


def test_the_last_type_cannot_be_left_out() -> None:
    config = config_of(type_ranges={"brand": [2, 2]})
    reading = read_edits(config, {("type_ranges", "brand", 0): 0, ("type_ranges", "brand", 1): 0}, ORDER)
    assert [problem.field for problem in reading.problems] == ["type_ranges"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_edits_never_lose_or_invent_anything(data: st.DataObject) -> None:
    """Whatever is edited: a taken reading holds every edit and the old value elsewhere; otherwise problems say why."""
    config = config_of()
    values = {
        ("seed",): st.integers(-2, 9),
        (*POS, "num_samples"): st.integers(-1, 5),
        (*POS, "pos_frac_range", 0): st.floats(-0.2, 1.2),
        (*NEG, "neg_frac_range", 1): st.floats(0, 1),
        ("type_ranges", "brand", 0): st.integers(1, 4),
        ("sampler", "start_temp"): st.floats(0, 2),
        ("sampler", "end_temp"): st.floats(0, 2),
    }
    paths = data.draw(st.sets(st.sampled_from(sorted(values, key=str))))
    edits = {path: data.draw(values[path]) for path in paths}
    reading = read_edits(config, edits, ORDER)
    assert (reading.config is None) == bool(reading.problems)
    if reading.config is not None:
        for path in values:
            assert value_at(reading.config, path) == edits.get(path, value_at(config, path))


# --- dry run


def test_a_dry_run_shows_the_first_rows_of_the_dataset_to_come() -> None:
    graph, config = graph_of(), config_of()
    rare = LabelParams(pos_frac_range=(0.9, 1.0), neg_frac_range=(0.0, 0.05), num_samples=40)
    config = with_label(config, "rare *1*", rare)
    tried = finish(dry_run(graph, config))
    assert [label.method for label in tried] == ["rejection", "rejection", "annealing"]
    rows = finish(generate_dataset(graph, config)).rows
    for number, label in enumerate(tried):
        expected = np.flatnonzero(rows.label == number)[:DRY_ROWS]
        assert len(label.rows) == DRY_ROWS
        assert [_value_set(label, i) for i in range(DRY_ROWS)] == [
            {graph.catalogue.attributes[node].value for node in rows.of_row(int(row))} for row in expected
        ]


def test_dry_rows_carry_their_values_by_type_and_recounted_shares() -> None:
    graph, config = graph_of(), config_of()
    signs = graph.sign_matrix()
    position = {a.value: i for i, a in enumerate(graph.catalogue.attributes)}
    for label in finish(dry_run(graph, config)):
        for row in label.rows:
            assert list(row.values) == ["interest", "brand", "city"]
            nodes = [position[value] for values in row.values.values() for value in values]
            found = [int(signs[a, b]) for a, b in combinations(nodes, 2)]
            assert row.pos_frac == pytest.approx(found.count(1) / len(found))
            assert row.neg_frac == pytest.approx(found.count(-1) / len(found))


def test_a_label_that_cannot_be_met_says_why_and_stops_no_other() -> None:
    graph = graph_of()
    # Rows of 3 to 6 attributes have 3, 6, 10 or 15 pairs: no whole number of them lies between 34 and 39 percent.
    impossible = LabelParams(pos_frac_range=(0.34, 0.39), neg_frac_range=(0.0, 1.0), num_samples=5)
    config = with_label(config_of(), "pos", impossible)
    unmet, met = finish(dry_run(graph, config))
    assert (len(unmet.rows), len(met.rows)) == (0, DRY_ROWS)
    assert unmet.unmet is not None
    assert (unmet.random_share, unmet.unmet.proven) == (0.0, True)
    assert "'pos'" in unmet.unmet.reason
    assert f"{unmet.unmet.closest.pos_frac:.4g}" in unmet.unmet.reason
    assert unmet.unmet.closest.pos_frac in (pytest.approx(1 / 3), pytest.approx(0.4))


def test_the_share_of_a_dry_run_is_the_one_the_density_shows() -> None:
    graph, config = graph_of(), config_of()
    shares = share_in_ranges(measure_density(graph, config.type_ranges, seed=config.seed), config.label_params)
    assert {label.name: label.random_share for label in finish(dry_run(graph, config))} == shares


def test_numbers_of_rows_do_not_matter_to_a_dry_run_and_all_else_does() -> None:
    config = config_of()
    more = read_edits(config, {(*POS, "num_samples"): 5_000}, ORDER).config
    other = read_edits(config, {("seed",): 6}, ORDER).config
    assert more is not None
    assert other is not None
    assert dry_run_id(more) == dry_run_id(config) != dry_run_id(other)
    assert {params.num_samples for params in dry_config(more).label_params.values()} == {DRY_ROWS}


def test_a_configuration_of_another_catalogue_is_refused_before_any_row() -> None:
    config = config_of(type_ranges={"brand": [1, 2], "town": [1, 1]})
    with pytest.raises(InvalidInput, match="town"):
        finish(dry_run(graph_of(), config))


def _value_set(label: DryLabel, row: int) -> set[str]:
    return {value for values in label.rows[row].values.values() for value in values}

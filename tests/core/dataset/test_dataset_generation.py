"""Generated rows against a recount pair by pair, and the promises made about bytes and failures."""

from itertools import combinations

import numpy as np
import pytest

from core.dataset import generation
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.dataset.recount import recount, rows_in_range
from core.dataset.version import dataset_version
from core.errors import Infeasible, InvalidInput, ValenceError
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config


def dense_counts(graph: SignedGraph, nodes: list[int]) -> tuple[int, int, int]:
    """Oracle: one dictionary look-up per pair."""
    sign = {(int(s), int(t)): int(g) for s, t, g in zip(graph.source, graph.target, graph.sign, strict=True)}
    found = [sign.get((min(p), max(p)), 0) for p in combinations(nodes, 2)]
    return len(found), found.count(1), found.count(-1)


def test_the_recount_agrees_with_a_look_up_of_every_pair(graph: SignedGraph, generated: GeneratedDataset) -> None:
    rows = generated.rows
    counted = recount(graph, rows)
    for row in range(len(rows)):
        nodes = [int(n) for n in rows.nodes[rows.offsets[row] : rows.offsets[row + 1]]]
        assert (counted.n_pairs[row], counted.n_pos[row], counted.n_neg[row]) == dense_counts(graph, nodes)


def test_every_row_obeys_its_label_and_every_quota(
    graph: SignedGraph, config: DatasetConfig, generated: GeneratedDataset
) -> None:
    rows = generated.rows
    assert [len(rows.of_label(name)) for name in rows.labels] == [150, 80]
    for row in range(len(rows)):
        record = rows.record(row)
        params = config.label_params[record.pop("label")]
        assert list(record) == list(config.type_ranges)
        for name, values in record.items():
            low, high = config.type_ranges[name]
            assert low <= len(values) == len(set(values)) <= high
        nodes = [int(n) for n in rows.nodes[rows.offsets[row] : rows.offsets[row + 1]]]
        n_pairs, n_pos, n_neg = dense_counts(graph, nodes)
        assert params.pos_frac_range[0] <= n_pos / n_pairs <= params.pos_frac_range[1]
        assert params.neg_frac_range[0] <= n_neg / n_pairs <= params.neg_frac_range[1]


@pytest.mark.parametrize("n_workers", [1, 3])
def test_the_same_inputs_make_the_same_bytes_for_any_number_of_workers(
    graph: SignedGraph, config: DatasetConfig, generated: GeneratedDataset, n_workers: int
) -> None:
    again = finish(generate_dataset(graph, config, n_workers))
    assert dataset_version(graph, config, again).files == dataset_version(graph, config, generated).files


def test_another_seed_makes_other_rows(graph: SignedGraph, config: DatasetConfig, generated: GeneratedDataset) -> None:
    other = config.model_copy(update={"seed": 8})
    assert not np.array_equal(finish(generate_dataset(graph, other)).rows.nodes, generated.rows.nodes)


def with_impossible_label(config: DatasetConfig, *, only: bool = False) -> DatasetConfig:
    impossible = {"pos_frac_range": [0.99, 1], "neg_frac_range": [0, 0], "num_samples": 5}
    data = config.model_dump(mode="json")
    data["type_ranges"] = {"a-type": [3, 3], "b-type": [3, 3]}  # pairs within a type never have a sign
    data["label_params"] = {"none": impossible} if only else {"none": impossible, **data["label_params"]}
    data["label_params"].pop("pos", None)
    return parse_config(data)


def test_a_label_that_cannot_be_met_leaves_the_others(graph: SignedGraph, config: DatasetConfig) -> None:
    made = finish(generate_dataset(graph, with_impossible_label(config)))
    assert made.rows.labels == ("😀 rest",)
    assert len(made.rows) == 80
    assert "'none'" in made.failures["none"]
    assert "pos_frac" in made.failures["none"]


def test_when_no_label_can_be_met_the_reasons_are_given(graph: SignedGraph, config: DatasetConfig) -> None:
    with pytest.raises(Infeasible, match=r"No label could be met\..*'none'"):
        finish(generate_dataset(graph, with_impossible_label(config, only=True)))


def test_a_configuration_for_another_catalogue_is_refused(graph: SignedGraph, config: DatasetConfig) -> None:
    other = config.model_copy(update={"type_ranges": {"a-typ": (1, 2), "b-type": (1, 20)}})
    with pytest.raises(InvalidInput) as caught:
        finish(generate_dataset(graph, other))
    assert [p.field for p in caught.value.problems] == ["type_ranges.a-typ", "type_ranges.b-type"]


def test_a_row_out_of_range_never_leaves(
    graph: SignedGraph, config: DatasetConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = generation._joined

    def tampered(*args: object) -> object:
        rows = honest(*args)  # type: ignore[arg-type]
        rows.label[:] = rows.label[::-1].copy()
        return rows

    monkeypatch.setattr(generation, "_joined", tampered)
    with pytest.raises(ValenceError, match="outside their ranges"):
        finish(generate_dataset(graph, config))


def test_progress_counts_rows_over_all_labels(graph: SignedGraph, config: DatasetConfig) -> None:
    seen = list(generate_dataset(graph, config))
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert {p.total for p in seen} == {230}
    assert seen[-1].done == 230


def test_closing_early_stops_the_work(graph: SignedGraph, config: DatasetConfig) -> None:
    steps = generate_dataset(graph, config)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_rows_in_range_notices_each_kind_of_breach(
    graph: SignedGraph, config: DatasetConfig, generated: GeneratedDataset
) -> None:
    counted = recount(graph, generated.rows)
    assert rows_in_range(generated.rows, counted, config).all()
    tight = parse_config(
        {**config.model_dump(mode="json"), "type_ranges": {"b-type": [1, 1], "a-type": [1, 3], "c-type": [0, 2]}}
    )
    broken = rows_in_range(generated.rows, counted, tight)
    np.testing.assert_array_equal(~broken, generated.rows.type_counts()[:, 0] != 1)

"""Generated datasets: constraints by a plain look-up, order, failures beside rows, cancelling."""

from itertools import combinations

import numpy as np
import pytest

from core.dataset import shards
from core.dataset.files import jsonl_bytes
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.errors import Infeasible, InvalidInput, ValenceError
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, SearchMethod, parse_config


def test_every_row_meets_its_label_and_every_quota(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset
) -> None:
    sign = {
        (s, t): g for s, t, g in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True)
    }
    rows, kinds = dataset.rows, [a.attribute_type for a in graph.catalogue.attributes]
    for row in range(len(rows)):
        nodes = rows.of_row(row).tolist()
        params = config.label_params[rows.labels[rows.label[row]]]
        found = [sign.get((min(pair), max(pair)), 0) for pair in combinations(nodes, 2)]
        assert params.pos_frac_range[0] <= found.count(1) / len(found) <= params.pos_frac_range[1]
        assert params.neg_frac_range[0] <= found.count(-1) / len(found) <= params.neg_frac_range[1]
        for name, (low, high) in config.type_ranges.items():
            assert low <= sum(kinds[node] == name for node in nodes) <= high
        assert len(set(nodes)) == len(nodes)


def test_rows_come_label_after_label_in_the_order_of_the_configuration(dataset: GeneratedDataset) -> None:
    rows = dataset.rows
    assert rows.labels == ("pos", "never", "“rest” 😀")
    np.testing.assert_array_equal(rows.label, np.repeat([0, 2], [150, 90]))


def test_a_label_that_fails_leaves_the_others_and_its_reason(dataset: GeneratedDataset) -> None:
    pos, never, rest = dataset.outcomes
    assert (pos.n_rows, never.n_rows, rest.n_rows) == (150, 0, 90)
    assert (pos.failure, rest.failure) == (None, None)
    assert never.failure is not None
    assert never.failure.proven
    assert "'never' cannot be met" in never.failure.reason
    assert never.failure.missed
    assert pos.method is SearchMethod.REJECTION
    assert pos.random_share is not None
    assert pos.proposals_per_row == pytest.approx(1 / pos.random_share, rel=0.3)


def test_when_every_label_fails_all_reasons_are_given(graph: SignedGraph, config: DatasetConfig) -> None:
    never = config.label_params["never"]
    with pytest.raises(Infeasible) as caught:
        finish(generate_dataset(graph, config.model_copy(update={"label_params": {"no": never, "nor": never}})))
    assert "'no' cannot be met" in caught.value.message
    assert "'nor' cannot be met" in caught.value.message


@pytest.mark.parametrize("n_workers", [1, 5])
def test_the_same_bytes_for_any_number_of_workers(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset, n_workers: int
) -> None:
    again = finish(generate_dataset(graph, config, n_workers))
    assert jsonl_bytes(again.rows, graph.catalogue) == jsonl_bytes(dataset.rows, graph.catalogue)
    assert again.outcomes == dataset.outcomes


def test_a_label_keeps_its_rows_whatever_stands_beside_it(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset
) -> None:
    alone = config.model_copy(update={"label_params": {"pos": config.label_params["pos"]}})
    made = finish(generate_dataset(graph, alone))
    np.testing.assert_array_equal(made.rows.nodes, dataset.rows.nodes[: len(made.rows.nodes)])


def test_a_configuration_that_does_not_fit_is_refused_before_any_work(
    graph: SignedGraph, config: DatasetConfig
) -> None:
    data = config.model_dump(mode="json") | {"type_ranges": {"brnd": [0, 2], "interest": [1, 99]}}
    with pytest.raises(InvalidInput) as caught:
        next(generate_dataset(graph, parse_config(data)))
    assert [p.field for p in caught.value.problems] == ["type_ranges.brnd", "type_ranges.interest"]


def test_a_row_out_of_range_stops_everything(
    graph: SignedGraph, config: DatasetConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recount is the last gate: here the sampler is made to aim at other ranges than the configuration's."""
    honest = shards.LabelRequest

    def wrong(name: str, params: object, *rest: object) -> shards.LabelRequest:
        return honest(name, config.label_params["“rest” 😀"].model_copy(update={"num_samples": 150}), *rest)

    monkeypatch.setattr(shards, "LabelRequest", wrong)
    with pytest.raises(ValenceError, match="breaks its constraints on recount"):
        finish(generate_dataset(graph, config))


def test_progress_never_goes_back_and_ends_at_the_whole(graph: SignedGraph, config: DatasetConfig) -> None:
    seen = list(generate_dataset(graph, config))
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert {p.total for p in seen} == {280}
    assert seen[-1].done == 280


def test_closing_the_generator_closes_the_label_at_work(
    graph: SignedGraph, config: DatasetConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    honest = shards.prepare_label

    def watched(*args: object) -> object:
        try:
            return (yield from honest(*args))  # type: ignore[arg-type]
        finally:
            closed.append(True)

    monkeypatch.setattr(shards, "prepare_label", watched)
    steps = generate_dataset(graph, config)
    next(steps)
    assert closed == []
    steps.close()
    assert closed == [True]

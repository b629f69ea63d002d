"""Evaluation of rows whose figures are worked out by hand."""

import json

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.dataset.evaluation import Evaluation, evaluate, evaluation_json
from core.dataset.generation import GeneratedDataset
from core.dataset.reading import read_rows
from core.errors import InvalidInput
from core.graph.model import SignedGraph, signed_graph
from core.sampler.configuration import DatasetConfig, parse_config

# Attributes t0 t1 (positions 0, 1) and u0 u1 (2, 3); edges t0-u0 +, t0-u1 -, t1-u0 +.
CATALOGUE = Catalogue(tuple(Attribute(name, name, name[0], name[0]) for name in ("t0", "t1", "u0", "u1")))
GRAPH = signed_graph(
    CATALOGUE,
    np.array([0, 0, 1], dtype=np.int32),
    np.array([2, 3, 2], dtype=np.int32),
    np.array([1, -1, 1], dtype=np.int8),
)
LABELS = {
    "pos": {"pos_frac_range": [0.5, 1], "neg_frac_range": [0, 0.1], "num_samples": 4},
    "neg": {"pos_frac_range": [0, 0.4], "neg_frac_range": [0.2, 1], "num_samples": 2},
    "none": {"pos_frac_range": [0, 1], "neg_frac_range": [0, 1], "num_samples": 1},
}
CONFIG = parse_config({"type_ranges": {"t": [1, 2], "u": [1, 2]}, "label_params": LABELS})
ROWS = [
    ("pos", ["t0"], ["u0"]),  # 1 / 0: in range
    ("pos", ["t0"], ["u0"]),  # again
    ("pos", ["t0", "t1"], ["u0", "u1"]),  # 2/6, 1/6 of 6 pairs: short by 1/6, over by 1/6 - 0.1
    ("pos", ["t1"], []),  # no pair: 0 / 0, short by 0.5, and too few of u
    ("neg", ["t0"], ["u1"]),  # 0 / 1: in range
    ("neg", ["t0"], ["u0"]),  # 1 / 0: over by 0.6, short by 0.2; also a row of pos
]


def evaluated(config: DatasetConfig = CONFIG) -> Evaluation:
    lines = [json.dumps({"t": t, "u": u, "label": label}) for label, t, u in ROWS]
    return evaluate(read_rows("\n".join(lines).encode(), CATALOGUE, config.type_ranges), GRAPH, config)


def test_means_deviations_and_rates_are_those_worked_out_by_hand() -> None:
    pos, neg = evaluated().labels["pos"], evaluated().labels["neg"]
    assert (pos.n, neg.n) == (4, 2)
    assert pos.mean_pos_frac == pytest.approx((1 + 1 + 2 / 6 + 0) / 4)
    assert pos.mean_neg_frac == pytest.approx((0 + 0 + 1 / 6 + 0) / 4)
    assert pos.mean_absent_frac == pytest.approx((0 + 0 + 3 / 6 + 1) / 4)
    assert pos.mean_pos_deviation == pytest.approx((0.5 - 2 / 6 + 0.5) / 4)
    assert pos.mean_neg_deviation == pytest.approx((1 / 6 - 0.1) / 4)
    assert pos.mean_deviation == pytest.approx((0.5 - 2 / 6 + 0.5 + 1 / 6 - 0.1) / 4)
    assert pos.in_range_rate == pytest.approx(2 / 4)
    assert neg.mean_deviation == pytest.approx((0.6 + 0.2) / 2)
    assert neg.in_range_rate == pytest.approx(1 / 2)


def test_a_label_without_rows_is_not_listed() -> None:
    assert list(evaluated().labels) == ["pos", "neg"]


def test_rows_shares_balance_and_duplicates_are_counted() -> None:
    found = evaluated()
    assert (found.n_rows, found.n_distinct_rows, found.n_shared_rows) == (6, 4, 1)
    assert {name: label.n_duplicates for name, label in found.labels.items()} == {"pos": 1, "neg": 0}
    assert [label.share for label in found.labels.values()] == pytest.approx([4 / 6, 2 / 6])
    assert found.balance == pytest.approx(2 / 4)
    assert found.mean_size == pytest.approx((2 + 2 + 4 + 1 + 2 + 2) / 6)


def test_usage_counts_the_rows_of_each_attribute() -> None:
    assert evaluated().usage == {"t0": 5, "t1": 2, "u0": 4, "u1": 2}


def test_histograms_hold_every_row_in_equal_bins() -> None:
    pos = evaluated().labels["pos"]
    expected = [0] * 20
    expected[0], expected[6], expected[19] = 1, 1, 2  # 0, 2/6, 1 and 1
    assert list(pos.pos_frac_histogram) == expected


def test_a_row_out_of_its_quotas_is_out_of_range() -> None:
    tight = parse_config({"type_ranges": {"t": [2, 2], "u": [1, 2]}, "label_params": LABELS})
    assert evaluated(tight).labels["pos"].in_range_rate == 0


def test_the_json_keeps_labels_below_one_key() -> None:
    report = json.loads(evaluation_json(evaluated()))
    assert set(report["labels"]) == {"pos", "neg"}
    assert report["labels"]["pos"]["n"] == 4
    assert report["n_rows"] == 6


def test_labels_that_are_not_configured_are_refused() -> None:
    fewer = parse_config({"type_ranges": {"t": [1, 2], "u": [1, 2]}, "label_params": {"pos": LABELS["pos"]}})
    with pytest.raises(InvalidInput, match="'neg' has no ranges"):
        evaluated(fewer)


def test_a_generated_dataset_is_wholly_in_range(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset
) -> None:
    found = evaluate(dataset.rows, graph, config)
    for name in ("pos", "“rest” 😀"):
        assert (found.labels[name].in_range_rate, found.labels[name].mean_deviation) == (1.0, 0.0)
    assert "never" not in found.labels

"""The evaluation of rows whose figures are known by construction."""

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.dataset.evaluation import evaluate
from core.dataset.generation import GeneratedDataset
from core.dataset.rows import rows_from_lists
from core.dataset.version import compare_files, dataset_version
from core.errors import InvalidInput
from core.fingerprint import digest
from core.graph.model import SignedGraph, signed_graph
from core.sampler.configuration import DatasetConfig, parse_config

# Nodes 0, 1 of type t; 2, 3 of type u. Edges: 0-2 +, 0-3 -, 1-2 +.
CATALOGUE = Catalogue(
    tuple(Attribute(f"n{i}", f"value {i}", "mt" if i < 2 else "mu", "t" if i < 2 else "u") for i in range(4))
)
GRAPH = signed_graph(
    CATALOGUE,
    np.array([0, 0, 1], dtype=np.int32),
    np.array([2, 3, 2], dtype=np.int32),
    np.array([1, -1, 1], dtype=np.int8),
)
CONFIG = parse_config(
    {
        "type_ranges": {"t": [1, 2], "u": [1, 2]},
        "label_params": {
            "pos": {"pos_frac_range": [0.5, 1], "neg_frac_range": [0, 0.1], "num_samples": 3},
            "neg": {"pos_frac_range": [0, 0.4], "neg_frac_range": [0.2, 1], "num_samples": 2},
        },
    }
)
# pos: {0,2} 1/0 in; {0,2} again; {0,1,2,3} pos 2/6 (short of .5 by 1/6), neg 1/6 (above .1 by .0667).
# neg: {0,3} 0/1 in; {0,2} pos 1 (above .4 by .6), neg 0 (short of .2).
ROWS = rows_from_lists(
    CATALOGUE, ("t", "u"), ("pos", "neg"), [0, 0, 0, 1, 1], [[0, 2], [2, 0], [0, 1, 2, 3], [0, 3], [0, 2]]
)


def test_known_rows_give_known_figures() -> None:
    evaluation = evaluate(ROWS, GRAPH, CONFIG)
    pos, neg = evaluation.labels["pos"], evaluation.labels["neg"]
    assert (pos.n, neg.n, evaluation.n_rows) == (3, 2, 5)
    assert pos.share == pytest.approx(3 / 5)
    assert pos.mean_pos_frac == pytest.approx((1 + 1 + 2 / 6) / 3)
    assert pos.mean_neg_frac == pytest.approx((0 + 0 + 1 / 6) / 3)
    assert pos.mean_deviation == pytest.approx((0 + 0 + (0.5 - 2 / 6) + (1 / 6 - 0.1)) / 3)
    assert pos.in_range_rate == pytest.approx(2 / 3)
    assert neg.mean_deviation == pytest.approx((0 + 0.6 + 0.2) / 2)
    assert neg.in_range_rate == pytest.approx(1 / 2)
    assert pos.mean_size == pytest.approx(8 / 3)


def test_duplicates_are_counted_within_and_across_labels() -> None:
    evaluation = evaluate(ROWS, GRAPH, CONFIG)
    assert (evaluation.labels["pos"].duplicate_rows, evaluation.labels["neg"].duplicate_rows) == (1, 0)
    assert evaluation.rows_in_several_labels == 3


def test_usage_counts_rows_per_attribute_and_names_the_unused() -> None:
    evaluation = evaluate(ROWS, GRAPH, CONFIG)
    assert evaluation.usage == {"t": {"value 0": 5, "value 1": 1}, "u": {"value 2": 4, "value 3": 2}}
    assert evaluation.unused_attributes == 0


def test_histograms_hold_every_row() -> None:
    pos = evaluate(ROWS, GRAPH, CONFIG).labels["pos"]
    assert sum(pos.pos_frac_histogram) == sum(pos.neg_frac_histogram) == 3
    assert pos.pos_frac_histogram[-1] == 2


def test_a_quota_breach_is_out_of_range() -> None:
    tight = parse_config({**CONFIG.model_dump(mode="json"), "type_ranges": {"t": [2, 2], "u": [1, 2]}})
    assert evaluate(ROWS, GRAPH, tight).labels["pos"].in_range_rate == 0


def test_rows_of_another_configuration_are_refused() -> None:
    other = parse_config(
        {**CONFIG.model_dump(mode="json"), "label_params": {"pos": CONFIG.label_params["pos"].model_dump()}}
    )
    with pytest.raises(InvalidInput, match="label 'neg'"):
        evaluate(ROWS, GRAPH, other)


def test_reproduction_names_the_file_that_differs(
    graph: SignedGraph, config: DatasetConfig, generated: GeneratedDataset
) -> None:
    version = dataset_version(graph, config, generated)
    recorded = {name: digest(data) for name, data in version.files.items()}
    assert all(comparison.is_same for comparison in compare_files(recorded, version))
    recorded["dataset.jsonl"] = digest(b"tampered")
    assert [c.name for c in compare_files(recorded, version) if not c.is_same] == ["dataset.jsonl"]

"""Graphs and wishes that no dataset can be made of as asked: every label is met or says why, and what to do."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.catalogue.model import Attribute, Catalogue
from core.dataset.files import RowFormat
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.dataset.streaming import Making, stream_dataset
from core.errors import Infeasible, InvalidInput
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler.blame import explain_label
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.density import measure_density, suggested_label_params
from core.sampler.encoding import encode_config
from core.sampler.label_verdict import Ease, judge_label
from core.sampler.recount import index_edges, recount_rows

SIZES = {"brand": 6, "interest": 6, "country": 4}
Keep = Callable[[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]], NDArray[np.int8]]


def graph_of(keep: Keep, modality: str = "") -> SignedGraph:
    """Random signs between modalities, of which `keep` leaves some; one modality for all types where it is named."""
    catalogue = Catalogue(
        tuple(
            Attribute(f"{kind}-{i}", f"{kind} {i}", modality or kind, kind)
            for kind, n in SIZES.items()
            for i in range(n)
        )
    )
    modalities = np.array([attribute.modality for attribute in catalogue.attributes])
    source, target = np.triu_indices(len(catalogue), k=1)
    cross = modalities[source] != modalities[target]
    source, target = source[cross], target[cross]
    sign = np.random.default_rng(1).choice(np.array([1, -1, 0], dtype=np.int8), size=len(source))
    sign = keep(source, target, sign)
    kept = sign != 0
    return signed_graph(catalogue, source[kept].astype(np.int32), target[kept].astype(np.int32), sign[kept])


GRAPHS = {
    "no edges": graph_of(lambda _, __, sign: sign * np.int8(0)),
    "only +": graph_of(lambda _, __, sign: np.maximum(sign, np.int8(0))),
    "only -": graph_of(lambda _, __, sign: np.minimum(sign, np.int8(0))),
    "one modality": graph_of(lambda _, __, sign: sign, modality="all"),
    "isolated": graph_of(lambda source, target, sign: np.where((source % 2) | (target % 2), 0, sign).astype(np.int8)),
}
PLUS = "cannot be met: the graph has no + edge between attributes of the types in type_ranges"
MINUS = "cannot be met: the graph has no - edge between attributes of the types in type_ranges"
ONE = "cannot be met: all types in type_ranges belong to one modality, and no edge joins attributes of one modality"


def config_of(**more: Any) -> DatasetConfig:
    ranges = {"pos": ([0.3, 1], [0, 0.3]), "neg": ([0, 0.3], [0.3, 1]), "quiet": ([0, 0.1], [0, 0.1])}
    labels = {
        name: {"pos_frac_range": pos, "neg_frac_range": neg, "num_samples": 20} for name, (pos, neg) in ranges.items()
    }
    quotas = {"brand": [1, 2], "interest": [1, 2], "country": [0, 1]}
    return parse_config({"type_ranges": quotas, "label_params": labels, **more})


def made_of(graph: SignedGraph, config: DatasetConfig) -> GeneratedDataset:
    return finish(generate_dataset(graph, config, n_workers=1))


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("no edges", {"pos": PLUS, "neg": MINUS}),
        ("only +", {"neg": MINUS}),
        ("only -", {"pos": PLUS}),
        ("one modality", {"pos": ONE, "neg": ONE}),
        ("isolated", {}),
    ],
)
def test_a_label_is_met_or_says_why_the_graph_has_no_row_for_it(name: str, reasons: dict[str, str]) -> None:
    graph, config = GRAPHS[name], config_of()
    made = made_of(graph, config)
    failures = {outcome.label: outcome.failure for outcome in made.outcomes if outcome.failure}
    assert set(failures) == set(reasons)
    for label, reason in reasons.items():
        assert reason in failures[label].reason
        assert failures[label].proven
    found = recount_rows(index_edges(graph), made.rows.nodes, made.rows.offsets).fractions
    for number, (label, params) in enumerate(config.label_params.items()):
        rows = made.rows.label == number
        assert int(rows.sum()) == (0 if label in reasons else 20)
        for values, (low, high) in ((found.pos_frac, params.pos_frac_range), (found.neg_frac, params.neg_frac_range)):
            assert np.all((values[rows] >= low) & (values[rows] <= high))


@pytest.mark.parametrize("name", GRAPHS)
def test_density_verdict_and_blame_answer_for_any_graph(name: str) -> None:
    graph, config = GRAPHS[name], config_of()
    density = measure_density(graph, config.type_ranges, 300)
    encoding = encode_config(graph, config)
    assert suggested_label_params(density).keys() == {"pos", "neg", "avg"}
    for label, params in config.label_params.items():
        verdict = judge_label(encoding, density, label, params)
        blame = explain_label(graph, encoding, params)
        assert (verdict.ease is Ease.IMPOSSIBLE) == bool(verdict.proof)
        assert (blame is None) == (verdict.ease is Ease.EASY)


def test_when_no_label_can_be_met_every_reason_is_given() -> None:
    config = config_of()
    edges_only = {name: config.label_params[name] for name in ("pos", "neg")}
    with pytest.raises(Infeasible) as caught:
        made_of(GRAPHS["no edges"], config.model_copy(update={"label_params": edges_only}))
    assert PLUS in caught.value.message
    assert MINUS in caught.value.message


def test_wishes_that_contradict_the_catalogue_or_each_other_are_refused_with_what_to_change() -> None:
    quotas = {"brand": [8, 9], "interest": [1, 2], "country": [0, 1]}
    caps = {"max_exposure": {"interest": 0.05}}
    with pytest.raises(InvalidInput) as caught:
        made_of(GRAPHS["only +"], config_of(type_ranges=quotas, diversity=caps))
    problems = {(problem.field, problem.message.split(",")[0]): problem.fix for problem in caught.value.problems}
    assert problems["type_ranges.brand", "Up to 9 attributes of type 'brand' are wanted"] == (
        "Lower the maximum to 6 or less."
    )
    for label in ("pos", "neg", "quiet"):
        message = f"The 20 rows of {label!r} need 20 attributes of 'interest' (at least 1 each)"
        assert problems["diversity.max_exposure.interest", message] == "Raise the share to at least 0.2."
    assert len(problems) == 4


def test_a_soft_pair_cannot_be_of_high_and_of_low_priority() -> None:
    with pytest.raises(InvalidInput, match="Of high and of low priority at once: interest–brand") as caught:
        config_of(high_priority_pairs=[["brand", "interest"]], low_priority_pairs=[["interest", "brand"]])
    assert [problem.field for problem in caught.value.problems] == ["low_priority_pairs"]


def test_a_full_disk_while_joining_says_so_and_leaves_the_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts that were made stay, so that the same call goes on from them once there is room."""
    graph, config, making = GRAPHS["isolated"], config_of(), Making(parts=tmp_path / "parts")
    whole, again = tmp_path / "whole", tmp_path / "again"
    for folder in (whole, again):
        folder.mkdir()
    finish(stream_dataset(graph, config, whole))
    honest, n_calls = RowFormat.table, [0]

    def until_full(form: RowFormat, rows: Any) -> Any:
        n_calls[0] += 1
        if n_calls[0] == 2:  # the first is the only part
            raise OSError(errno.ENOSPC, "No space left on device")
        return honest(form, rows)

    with monkeypatch.context() as full:
        full.setattr(RowFormat, "table", until_full)
        with pytest.raises(OSError, match="No space left on device"):
            finish(stream_dataset(graph, config, again, making))
    ages = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    assert len(ages) == 2
    finish(stream_dataset(graph, config, again, making))
    assert {path: path.stat().st_mtime_ns for path in ages} == ages
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in whole.iterdir()
    }

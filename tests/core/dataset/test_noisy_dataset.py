"""Noise in a whole dataset: the clean figures stay, the file of changes takes them all back, failures, bad input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.dataset.evaluation import evaluate, evaluation_json
from core.dataset.executors import ThreadExecutor
from core.dataset.generation import generate_dataset
from core.dataset.noise_file import NOISE_FILE
from core.dataset.reading import read_rows
from core.dataset.stored_rows import stored_rows
from core.dataset.streaming import Making, StreamedDataset, stream_dataset
from core.dataset.version import dataset_id, lineage_of, reproduce
from core.errors import InvalidInput
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config
from core.store.files import file_record

NOISE = {"label": 0.2, "attribute": 0.15, "missing": {"país": 0.3}}


def with_noise(config: DatasetConfig, **noise: Any) -> DatasetConfig:
    return parse_config({**config.model_dump(mode="json"), "noise": noise})


@pytest.fixture(scope="module")
def noisy(config: DatasetConfig) -> DatasetConfig:
    return with_noise(config, **NOISE)


@pytest.fixture(scope="module")
def made(graph: SignedGraph, noisy: DatasetConfig, tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    return finish(stream_dataset(graph, noisy, tmp_path_factory.mktemp("noisy")))


def json_rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "dataset.jsonl").read_text("utf-8").split("\n") if line]


def events_in(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(folder / NOISE_FILE, use_threads=False).to_pylist()
    return found


def test_every_change_is_on_file_and_can_be_taken_back(
    graph: SignedGraph, config: DatasetConfig, made: StreamedDataset, tmp_path: Path
) -> None:
    finish(stream_dataset(graph, config, tmp_path))
    rows = json_rows(made.folder)
    for event in reversed(events_in(made.folder)):
        row = rows[event["row"]]
        if event["kind"] == "label":
            assert row["label"] == event["after"]
            row["label"] = event["before"]
            continue
        values = row[event["attribute_type"]]
        if event["after"] is not None:
            values.remove(event["after"])
        values.append(event["before"])
    clean = json_rows(tmp_path)
    assert [{k: v if k == "label" else sorted(v) for k, v in row.items()} for row in rows] == [
        {k: v if k == "label" else sorted(v) for k, v in row.items()} for row in clean
    ]


def test_the_evaluation_is_of_the_clean_rows_with_the_counts_of_the_noise_beside(
    graph: SignedGraph, config: DatasetConfig, made: StreamedDataset
) -> None:
    clean = json.loads(evaluation_json(evaluate(finish(generate_dataset(graph, config)).rows, graph, config)))
    stored = json.loads((made.folder / "evaluation.json").read_text("utf-8"))
    noise = stored.pop("noise")
    assert stored == clean
    assert "noise" not in clean
    events = events_in(made.folder)
    kinds = [event["kind"] for event in events]
    assert (noise["n_labels"], noise["n_exchanged"], noise["n_missing"]) == tuple(
        kinds.count(kind) for kind in ("label", "attribute", "missing")
    )
    assert noise["n_rows"] == len({event["row"] for event in events})
    assert noise["n_rows_missing"] == len({event["row"] for event in events if event["kind"] == "missing"})
    assert noise["n_rows"] > 100


def test_wrong_labels_never_name_a_label_that_failed(made: StreamedDataset) -> None:
    assert {row["label"] for row in json_rows(made.folder)} == {"pos", "“rest” 😀"}


def test_both_files_hold_the_spoilt_rows_and_can_be_read_again(
    graph: SignedGraph, noisy: DatasetConfig, made: StreamedDataset
) -> None:
    data = (made.folder / "dataset.parquet").read_bytes()
    table = stored_rows(data, graph.catalogue, noisy.type_ranges, tuple(noisy.label_params))
    lines = read_rows((made.folder / "dataset.jsonl").read_bytes(), graph.catalogue, noisy.type_ranges)
    np.testing.assert_array_equal(table.nodes, lines.nodes)
    np.testing.assert_array_equal(table.offsets, lines.offsets)
    named = [[found.labels[number] for number in found.label] for found in (table, lines)]
    assert named[0] == named[1]


def test_the_same_bytes_for_other_workers_and_when_made_again(
    graph: SignedGraph, noisy: DatasetConfig, made: StreamedDataset, tmp_path: Path
) -> None:
    finish(stream_dataset(graph, noisy, tmp_path, Making(ThreadExecutor(1), parts=tmp_path / "parts", n_workers=1)))
    digests = {name: file_record(made.folder / name).sha256 for name in made.files}
    assert {name: file_record(tmp_path / name).sha256 for name in made.files} == digests
    assert NOISE_FILE in digests
    assert finish(reproduce(graph, noisy, lineage_of(graph, noisy), digests)).same


def test_blocks_do_not_show_in_the_rows_and_not_in_the_list_of_changes(
    graph: SignedGraph,
    noisy: DatasetConfig,
    made: StreamedDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.dataset.streaming.BLOCK_ROWS", 37)
    again = finish(stream_dataset(graph, noisy, tmp_path))
    assert events_in(tmp_path) == events_in(made.folder)
    assert json_rows(tmp_path) == json_rows(made.folder)
    assert again.evaluation.noise == made.evaluation.noise


def test_without_noise_there_is_no_file_of_it(graph: SignedGraph, config: DatasetConfig, tmp_path: Path) -> None:
    zero = with_noise(config, missing={"país": 0.0})
    assert NOISE_FILE not in finish(stream_dataset(graph, zero, tmp_path)).files
    assert not (tmp_path / NOISE_FILE).exists()


def test_noise_makes_another_dataset(graph: SignedGraph, config: DatasetConfig, noisy: DatasetConfig) -> None:
    assert dataset_id(graph, config) != dataset_id(graph, noisy)


def test_noise_that_makes_no_sense_is_refused_all_at_once(graph: SignedGraph, config: DatasetConfig) -> None:
    data = with_noise(config, label=0.1, missing={"brnd": 0.1, "brand": 1.0, "interest": 1, "país": 1.0}).model_dump()
    data["label_params"] = {"pos": data["label_params"]["pos"]}
    with pytest.raises(InvalidInput) as caught:
        finish(stream_dataset(graph, parse_config(data), Path()))
    assert [p.field for p in caught.value.problems] == ["noise.label", "noise.missing.brnd", "noise.missing"]
    assert "'brand'" in caught.value.problems[1].fix
    data["type_ranges"].pop("país")
    data["noise"] = {"missing": {"país": 0.1}}
    with pytest.raises(InvalidInput, match="No row holds anything of the modality 'país'"):
        finish(stream_dataset(graph, parse_config(data), Path()))


@pytest.mark.parametrize("noise", [{"label": 1.1}, {"attribute": -0.1}, {"labels": 0.1}, {"missing": {"a": "x"}}])
def test_noise_that_is_no_chance_is_refused(config: DatasetConfig, noise: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        with_noise(config, **noise)
    assert caught.value.problems[0].field.startswith("noise")

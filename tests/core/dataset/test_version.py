"""Dataset versions: ids follow their inputs; a recorded dataset is made again byte for byte or the change is named."""

from pathlib import Path

import pytest

from core.dataset.streaming import stream_dataset
from core.dataset.version import CONFIG_FILE, ROWS_FILE, dataset_id, lineage_of, reproduce
from core.errors import InvalidInput
from core.fingerprint import digest
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config


@pytest.fixture
def recorded(graph: SignedGraph, config: DatasetConfig, tmp_path: Path) -> dict[str, str]:
    made = finish(stream_dataset(graph, config, tmp_path))
    return {name: digest((tmp_path / name).read_bytes()) for name in made.files}


def test_a_recorded_dataset_is_made_again_byte_for_byte(
    graph: SignedGraph, config: DatasetConfig, recorded: dict[str, str]
) -> None:
    found = finish(reproduce(graph, config, lineage_of(graph, config), recorded, n_workers=3))
    assert found.same
    assert [file.name for file in found.files] == list(recorded)
    assert found.changed_versions == ()


def test_a_file_that_differs_is_named_with_what_changed_since(
    graph: SignedGraph, config: DatasetConfig, recorded: dict[str, str]
) -> None:
    lineage = lineage_of(graph, config)
    older = lineage.model_copy(update={"versions": lineage.versions | {"pyarrow": "1.0"}})
    found = finish(reproduce(graph, config, older, recorded | {ROWS_FILE: digest(b"other")}))
    assert not found.same
    assert [file.name for file in found.files if not file.same] == [ROWS_FILE]
    (change,) = found.changed_versions
    assert change.startswith("pyarrow: 1.0 then, ")


def test_other_inputs_than_the_recorded_are_refused(
    graph: SignedGraph, config: DatasetConfig, recorded: dict[str, str]
) -> None:
    other_config = config.model_copy(update={"seed": 4})
    other_graph = signed_graph(graph.catalogue, graph.source, graph.target, -graph.sign)
    with pytest.raises(InvalidInput) as caught:
        finish(reproduce(other_graph, other_config, lineage_of(graph, config), recorded | {"notes.txt": "0"}))
    assert [p.field for p in caught.value.problems] == ["graph_id", "config_id", "notes.txt"]


def test_the_id_follows_graph_and_configuration(graph: SignedGraph, config: DatasetConfig) -> None:
    other_graph = signed_graph(graph.catalogue, graph.source, graph.target, -graph.sign)
    ids = [
        dataset_id(graph, config),
        dataset_id(graph, parse_config(config.model_dump(mode="json"))),
        dataset_id(other_graph, config),
        dataset_id(graph, config.model_copy(update={"seed": 4})),
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_the_stored_configuration_reads_back(
    graph: SignedGraph, config: DatasetConfig, recorded: dict[str, str], tmp_path: Path
) -> None:
    assert parse_config((tmp_path / CONFIG_FILE).read_bytes()) == config

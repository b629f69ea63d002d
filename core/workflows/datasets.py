"""Datasets in a workspace: build one from a graph and a configuration, load it, make it again and compare."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.dataset.generation import generate_dataset
from core.dataset.version import CONFIG_FILE, FileComparison, compare_files, dataset_version
from core.progress import Steps
from core.sampler.configuration import DatasetConfig, parse_config
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH, load_graph

DATASET = "dataset"


def build_dataset(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"graph": id, "config": {...}, "title": text}` to `{"dataset": id}`."""
    stored = load_graph(workspace, parameters[GRAPH])
    config = parse_config(parameters["config"])
    generated = yield from generate_dataset(stored.graph, config)
    version = dataset_version(stored.graph, config, generated)
    title = parameters.get("title") or f"{stored.artefact.manifest.title} · {len(generated.rows):,} rows"
    parents = {GRAPH: stored.artefact.id, CATALOGUE: stored.graph.catalogue.id}
    artefact = workspace.artefacts.save(DATASET, version.id, title, version.files, version.facts, parents)
    return {DATASET: artefact.id}


def dataset_config(workspace: Workspace, artefact: Artefact) -> DatasetConfig:
    """The configuration a stored dataset was made with."""
    return parse_config(workspace.artefacts.read(artefact, CONFIG_FILE))


def reproduce_dataset(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"dataset": id}` to `{"dataset": id, "reproduction": [{name, recorded, remade}, ...]}`.

    Makes the dataset again from its recorded graph and configuration; nothing stored is changed.
    """
    artefact = workspace.artefacts.get(DATASET, parameters[DATASET])
    stored = load_graph(workspace, artefact.manifest.parents[GRAPH])
    config = dataset_config(workspace, artefact)
    generated = yield from generate_dataset(stored.graph, config)
    remade = dataset_version(stored.graph, config, generated)
    recorded = {name: record.sha256 for name, record in artefact.manifest.files.items()}
    comparisons: tuple[FileComparison, ...] = compare_files(recorded, remade)
    return {DATASET: artefact.id, "reproduction": [asdict(comparison) for comparison in comparisons]}

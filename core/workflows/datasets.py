"""Datasets in a workspace: build one from a graph and a configuration, make it again and compare."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from core.dataset.streaming import StreamedDataset, stream_dataset
from core.dataset.version import CONFIG_FILE, Lineage, dataset_id, lineage_of, reproduce
from core.errors import ValenceError
from core.graph.model import SignedGraph
from core.progress import Steps
from core.sampler.configuration import DatasetConfig, parse_config
from core.store.artefacts import Artefact
from core.store.files import draft_folder
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.sealed_rows import refuse_sealed

DATASET = "dataset"


def build_dataset(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"graph": id, "config": {...}, "title": text}` to `{"dataset": id}`."""
    stored = load_graph(workspace, parameters[GRAPH])
    config = parse_config(parameters["config"])
    wanted = dataset_id(stored.graph, config)
    if workspace.artefacts.exists(DATASET, wanted):
        refuse_sealed(workspace.artefacts.get(DATASET, wanted))
    try:
        with draft_folder(workspace.artefacts.drafts) as folder:
            made = yield from stream_dataset(stored.graph, config, folder)
            artefact = workspace.artefacts.save(
                DATASET,
                wanted,
                parameters.get("title") or f"{stored.artefact.manifest.title} · {made.evaluation.n_rows:,} rows",
                {name: partial(_move, folder / name) for name in made.files},
                dataset_facts(made, stored.graph),
                {GRAPH: stored.artefact.id, CATALOGUE: stored.graph.catalogue.id},
            )
    except OSError as error:
        raise ValenceError(
            f"The rows could not be written: {error.strerror or error}. The workspace is as it was.",
            "Make room on the disk and draw the rows again.",
        ) from error
    return {DATASET: artefact.id}


def reproduce_dataset(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"dataset": id}` to `{"dataset": id, "reproduction": [{name, recorded, regenerated}], "changed_versions"}`.

    Makes the dataset again from its recorded graph and configuration; nothing stored is changed.
    """
    artefact = workspace.artefacts.get(DATASET, parameters[DATASET])
    refuse_sealed(artefact)
    stored = load_graph(workspace, artefact.manifest.parents[GRAPH])
    lineage = Lineage.model_validate(artefact.manifest.facts["lineage"])
    recorded = {name: record.sha256 for name, record in artefact.manifest.files.items()}
    result = yield from reproduce(stored.graph, dataset_config(workspace, artefact), lineage, recorded)
    return {
        DATASET: artefact.id,
        "reproduction": [asdict(comparison) for comparison in result.files],
        "changed_versions": list(result.changed_versions),
    }


def dataset_config(workspace: Workspace, artefact: Artefact) -> DatasetConfig:
    """The configuration a stored dataset was made with."""
    return parse_config(workspace.artefacts.read(artefact, CONFIG_FILE))


def dataset_facts(generated: StreamedDataset, graph: SignedGraph) -> dict[str, Any]:
    """What a manifest says of a dataset: rows per label, how each label was drawn, why others failed, the lineage.

    `noise` and `recipe` are there only where rows were spoilt on purpose, or a recipe was used.
    """
    noise, recipe = generated.evaluation.noise, generated.config.recipe
    return {
        "n_rows": generated.evaluation.n_rows,
        "labels": {outcome.label: outcome.n_rows for outcome in generated.outcomes if not outcome.failure},
        "failed_labels": {outcome.label: outcome.failure.reason for outcome in generated.outcomes if outcome.failure},
        "sampling": {outcome.label: outcome.record() for outcome in generated.outcomes},
        **({"noise": asdict(noise)} if noise else {}),
        **({"recipe": recipe} if recipe else {}),
        "seed": generated.config.seed,
        "lineage": lineage_of(graph, generated.config).model_dump(mode="json"),
    }


def _move(source: Path, target: Path) -> None:
    """Within the workspace's disk: no byte is written twice."""
    source.replace(target)

"""The cluster strategy's stages in a workspace: prepare them, edit them as new versions, go on from them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.fingerprint import content_id, digest
from core.graph.strategies.cluster.files import read_stages, write_stages
from core.graph.strategies.cluster.stages import Stages
from core.jobs import JOB
from core.progress import Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_sources import sources_of
from core.workflows.graph_strategies import prepare
from core.workflows.graph_tools import open_tools

STAGES = "stages"


def save_stages(workspace: Workspace, stages: Stages, title: str, parent: str = "") -> Artefact:
    """Store stages under their content id; `parent` is the id of the version they were edited from."""
    files = write_stages(stages)
    stages_id = content_id(STAGES, {name: digest(data) for name, data in files.items()})
    parents = {CATALOGUE: stages.catalogue.id, **({STAGES: parent} if parent else {})}
    return workspace.artefacts.save(STAGES, stages_id, title, files, _facts(stages), parents)


def prepare_clusters(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"catalogue": id, "settings": {...}, "title": text}` to `{"stages": id}`: the stages before any pair is
    asked. It goes on from the stages that the settings name. A reached budget keeps what is prepared.
    """
    settings = GraphSettings.model_validate(parameters["settings"])
    catalogue = load_catalogue(workspace, parameters["catalogue"])
    start = load_stages(workspace, settings.stages) if settings.stages else None
    with open_tools(settings, sources_of(workspace, settings, parameters.get(JOB, ""))) as tools:
        stages = yield from prepare(catalogue, settings, tools, start)
    title = parameters.get("title") or workspace.artefacts.get(CATALOGUE, catalogue.id).manifest.title
    return {STAGES: save_stages(workspace, stages, title, settings.stages).id}


def load_stages(workspace: Workspace, stages_id: str) -> Stages:
    """Read stored stages; `NotFound` when there are none, `CorruptArtefact` when their files were changed."""
    artefact = workspace.artefacts.get(STAGES, stages_id)
    catalogue = load_catalogue(workspace, artefact.manifest.parents[CATALOGUE])
    files = {name: workspace.artefacts.read(artefact, name) for name in artefact.manifest.files}
    return read_stages(files, catalogue)


def _facts(stages: Stages) -> Mapping[str, Any]:
    clustering = stages.clustering
    return {
        "n_described": stages.n_described,
        "n_clusters": len(clustering.clusters) if clustering else 0,
        "n_noise": int(clustering.is_noise.sum()) if clustering else 0,
        "n_scored": len(stages.scores),
        "calls": asdict(stages.calls),
        "made_by": {stage.value: name for stage, name in stages.made_by.items()},
        "n_problems": len(stages.problems),
        "stopped": stages.stopped,
    }

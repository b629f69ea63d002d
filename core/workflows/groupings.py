"""The groups that a graph of the workspace is shown in."""

from core.graph.group_making import best_grouping
from core.graph.grouping import Grouping
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import StoredGraph
from core.workflows.stages import STAGES, load_stages


def newest_clusters(workspace: Workspace, catalogue_id: str) -> Artefact | None:
    """The newest stages of a catalogue that hold clusters; None where it has none."""
    return next(
        (
            stages
            for stages in workspace.artefacts.list(STAGES)
            if stages.manifest.parents[CATALOGUE] == catalogue_id and stages.manifest.facts["n_clusters"]
        ),
        None,
    )


def group_attributes(workspace: Workspace, stored: StoredGraph, stages_id: str) -> Grouping:
    """The groups of a graph's attributes: the clusters of the named stages, or the best that are made without any.

    `stages_id` is empty for none; `NotFound` and `CorruptArtefact` as `load_stages` raises them.
    """
    clustering = load_stages(workspace, stages_id).clustering if stages_id else None
    return best_grouping(stored.graph, clustering)

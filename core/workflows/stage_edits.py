"""Hand edits of prepared clusters: each is a new version that names the one it was made from, which stays as it was."""

from collections.abc import Callable

from core.errors import InvalidInput, Problem, ValenceError
from core.graph.clusters.model import Clustering
from core.graph.strategies.cluster.files import stages_id
from core.graph.strategies.cluster.stages import Stages, with_clustering
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.stages import STAGES, load_stages, save_stages

StageEdit = Callable[[Stages], Stages]


def edit_stages(workspace: Workspace, version: str, edit: StageEdit) -> Artefact:
    """Apply an edit to the stored stages with the id `version` and keep the result as their child, title and all.

    What the edit raises comes through and nothing is stored; `InvalidInput` when it changes nothing. An edit that leads
    back to what is stored already returns that version, with the parent it always had.
    """
    before = load_stages(workspace, version)
    after = edit(before)
    if stages_id(after) == stages_id(before):
        raise InvalidInput("Nothing was kept", [Problem("This is what the version holds already.", "Change it first.")])
    return save_stages(workspace, after, workspace.artefacts.get(STAGES, version).manifest.title, version)


def on_clusters(change: Callable[[Clustering], Clustering]) -> StageEdit:
    """An edit of the stages from one of their clusters; `ValenceError` where there are no clusters."""

    def edit(stages: Stages) -> Stages:
        if stages.clustering is None:
            raise ValenceError("There are no clusters in this version.", "Let them be found first, then edit them.")
        return with_clustering(stages, change(stages.clustering))

    return edit


def version_line(workspace: Workspace, version: str) -> tuple[Artefact, ...]:
    """A version and those it came from, the newest first; `NotFound` for an unknown id.

    It is never broken: a version that others were made from cannot be deleted.
    """
    line = [workspace.artefacts.get(STAGES, version)]
    while parent := line[-1].manifest.parents.get(STAGES):
        line.append(workspace.artefacts.get(STAGES, parent))
    return tuple(line)

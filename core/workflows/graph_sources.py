"""What the ids in graph settings stand for in a workspace."""

from core.store.workspace import Workspace
from core.workflows.evidence import load_evidence
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_tools import Sources
from core.workflows.model_settings import workspace_prices
from core.workflows.prompts import load_prompts


def sources_of(workspace: Workspace, settings: GraphSettings, run: str) -> Sources:
    """What the ids in the settings stand for in this workspace; `NotFound` for one that is gone."""
    return Sources(
        run=run,
        log=workspace.answers,
        prompts=load_prompts(workspace, settings.prompts),
        facts=tuple(load_evidence(workspace, evidence) for evidence in settings.grounding.files),
        prices=workspace_prices(workspace),
    )

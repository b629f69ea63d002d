"""Edited prompts in a workspace: every edit is a new version, the shipped prompts are the first."""

import json
from typing import Any

from core.errors import CorruptArtefact
from core.graph.prompts import PromptSet, shipped_prompts
from core.store.artefacts import Artefact
from core.store.workspace import Workspace

PROMPTS = "prompts"
_FILE = "prompts.json"


def save_prompts(workspace: Workspace, prompts: PromptSet, title: str, parent: str = "") -> Artefact:
    """Store a version under its content id; `parent` is the id of the version it was edited from, if that is stored."""
    facts: dict[str, Any] = {"edited": changed_prompts(prompts, shipped_prompts())}
    text = json.dumps(dict(prompts.templates), indent=2, ensure_ascii=False, sort_keys=True)
    parents = {PROMPTS: parent} if parent else {}
    return workspace.artefacts.save(PROMPTS, prompts.id, title, {_FILE: text.encode()}, facts, parents)


def load_prompts(workspace: Workspace, prompts_id: str) -> PromptSet:
    """The version of that id, or the shipped prompts for an empty one; `NotFound` when there is none."""
    if not prompts_id:
        return shipped_prompts()
    artefact = workspace.artefacts.get(PROMPTS, prompts_id)
    try:
        return PromptSet(templates=json.loads(workspace.artefacts.read(artefact, _FILE)))
    except ValueError as error:
        raise CorruptArtefact("The stored prompts cannot be read.", "Edit the shipped prompts again.") from error


def changed_prompts(prompts: PromptSet, other: PromptSet) -> list[str]:
    """Names of the prompts whose text differs between two versions."""
    names = sorted({*prompts.templates, *other.templates})
    return [name for name in names if prompts.templates.get(name) != other.templates.get(name)]

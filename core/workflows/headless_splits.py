"""Splits and board versions for a terminal: a workspace folder in, a report out."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import NotFound
from core.progress import Steps
from core.store.workspace import Workspace, open_workspace
from core.workflows.board_versions import BoardVersion, board_versions, close_version, open_version
from core.workflows.datasets import DATASET
from core.workflows.records import record
from core.workflows.splits import SPLIT, split_card, split_dataset

Report = dict[str, Any]


def split_stored_dataset(folder: Path, dataset: str, settings: Mapping[str, Any], title: str = "") -> Steps[Report]:
    """Split a dataset, named by its id or the first letters of it; the report is the split's card with its `id`."""
    with open_workspace(folder) as workspace:
        dataset_id = _named(workspace, DATASET, dataset)
        made = yield from split_dataset(workspace, {DATASET: dataset_id, "settings": settings, "title": title})
        return {"ok": True, "id": made[SPLIT], **split_card(workspace, made[SPLIT])}


def list_versions(folder: Path) -> Report:
    """Every version on the board with its lines, and the splits that were never opened."""
    with open_workspace(folder) as workspace:
        versions = board_versions(workspace)
        opened = {version.id for version in versions}
        unopened = [split for split in workspace.artefacts.list(SPLIT) if split.id not in opened]
        return {
            "versions": [_told(version) for version in versions],
            "unopened": [{"id": split.id, "title": split.manifest.title} for split in unopened],
        }


def open_board_version(folder: Path, split: str, title: str, by: str) -> Report:
    """Open a split for submissions, named by its id or the first letters of it."""
    with open_workspace(folder) as workspace:
        return {"ok": True, **_told(open_version(workspace, _named(workspace, SPLIT, split), title, by))}


def close_board_version(folder: Path, split: str, by: str) -> Report:
    """Close a version for good, named by its split's id or the first letters of it."""
    with open_workspace(folder) as workspace:
        return {"ok": True, **_told(close_version(workspace, _named(workspace, SPLIT, split), by))}


def _told(version: BoardVersion) -> Report:
    told: Report = record(asdict(version))
    return told


def _named(workspace: Workspace, kind: str, text: str) -> str:
    """The one artefact of a kind whose id is the text, or begins with it; `NotFound` lists those there are."""
    found = workspace.artefacts.list(kind)
    meant = [a for a in found if a.id == text] or [a for a in found if text and a.id.startswith(text)]
    if len(meant) == 1:
        return meant[0].id
    fault = f"{len(meant)} {kind}s have an id that begins with {text!r}." if meant else f"There is no {kind} {text!r}."
    known = ", ".join(f"{a.id} ({a.manifest.title})" for a in (meant or found)[:10])
    raise NotFound(fault, f"Choose one of: {known or 'none yet'}.")

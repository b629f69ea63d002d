"""Train in a workspace folder from a terminal: `valence train`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import NotFound, ValenceError, WorkspaceBusy
from core.models.registry import family_named
from core.progress import Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace, open_workspace
from core.workflows.board_versions import BoardVersion, VersionState, board_versions
from core.workflows.datasets import DATASET
from core.workflows.records import record
from core.workflows.splits import SPLIT
from core.workflows.training import MODEL_RUN, load_run, read_request, train_model, with_trials

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrainCommand:
    """`on`: a dataset or a split, by id or the first letters of it. `settings`: a JSON file, None for the defaults.

    `n_trials` None: as the settings say. `vectors`: id of content vectors, empty for those of the split.
    """

    on: str
    family: str
    n_trials: int | None = None
    seed: int = 0
    settings: Path | None = None
    vectors: str = ""
    with_robustness: bool = True


def train_in_folder(folder: Path, command: TrainCommand) -> Steps[Report]:
    """Train on the newest open board version of what is named, and report the run, its report and its public score.

    `NotFound` for what there is not, `ValenceError` where nothing of it is open on the board, `WorkspaceBusy` while
    the workbench holds the workspace.
    """
    family = family_named(command.family)
    settings = _settings(command.settings)
    if command.n_trials is not None:
        settings = with_trials(family, settings, command.n_trials)
    with _opened(folder) as workspace:
        version = find_version(workspace, command.on)
        request = read_request(
            {
                "version": version.id,
                "family": family.name,
                "settings": settings,
                "seed": command.seed,
                "vectors": command.vectors,
                **({} if command.with_robustness else {"robustness": None}),
            }
        )
        result = yield from train_model(workspace, request.model_dump(mode="json"))
        return _report(workspace, version, result)


def find_named(workspace: Workspace, named: str) -> Artefact:
    """The dataset or split of this id, or that begins with it; `NotFound` where there is none or more than one."""
    stored = [artefact for kind in (SPLIT, DATASET) for artefact in workspace.artefacts.list(kind)]
    found = [artefact for artefact in stored if named and artefact.id.startswith(named)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{a.kind} {a.id[:8]} ({a.manifest.title})" for a in (found or stored)[:10]) or "none yet"
    what = f"The ids of {len(found)} datasets and splits begin" if found else "No id of a dataset or split begins"
    raise NotFound(f"{what} with {named!r}.", f"There are: {known}.")


def find_version(workspace: Workspace, named: str) -> BoardVersion:
    """The newest open version of a dataset, or that of a split; `ValenceError` where none is open."""
    found = find_named(workspace, named)
    versions = [version for version in board_versions(workspace) if found.id in (version.id, version.dataset)]
    for version in versions:
        if version.state is VersionState.OPEN:
            return version
    what = f"The {found.kind} {found.manifest.title!r}"
    if versions:
        raise ValenceError(f"{what} is closed on the board.", "Train on one that is open.")
    steps = (
        "'valence board-version open'" if found.kind == SPLIT else "'valence split' and 'valence board-version open'"
    )
    raise ValenceError(f"{what} is not on the board.", f"Put it there with {steps}, or on the Datasets page.")


def _report(workspace: Workspace, version: BoardVersion, result: dict[str, Any]) -> Report:
    run = load_run(workspace, result[MODEL_RUN])
    return {
        **result,
        "version": version.id,
        "title": version.title,
        "lines": record(version.lines),
        "report": run.report.model_dump(mode="json"),
    }


def _settings(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    fix = "Name a JSON file with one object of settings."
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValenceError(f"{path} cannot be read as settings: {error}.", fix) from error
    if not isinstance(read, dict):
        raise ValenceError(f"{path} holds no object of settings.", fix)
    return read


@contextmanager
def _opened(folder: Path) -> Iterator[Workspace]:
    try:
        workspace = open_workspace(folder)
    except WorkspaceBusy as error:
        raise WorkspaceBusy(error.message, "While the workbench runs, train on its Models page.") from error
    with workspace:
        yield workspace

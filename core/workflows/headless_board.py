"""The board of a workspace folder for scripts: `valence leaderboard list`, `ingest` and `export`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.errors import NotFound, ValenceError
from core.store.workspace import DATABASE_FILE, Workspace, open_workspace
from core.workflows.board import Board, BoardChoice, BoardFilters, DatasetBoards, board, dataset_boards
from core.workflows.board_files import board_csv, board_json, board_record
from core.workflows.board_versions import VersionKind
from core.workflows.evaluation_logs import ingest_logs, log_files
from core.workflows.headless import Report
from core.workflows.out_files import check_out_file, write_files
from core.workflows.records import record


@dataclass(frozen=True, slots=True)
class WantedBoard:
    """A board as a command names it. `dataset`: its id, the first letters of it, its title, or the name in logs; empty
    for the one with the newest board version. `kind`: empty for random where there is one.
    """

    choice: BoardChoice
    filters: BoardFilters
    kind: VersionKind | None = None


def list_board(folder: Path, wanted: WantedBoard) -> Report:
    """The board as JSON data, with `datasets`, all dataset versions that have one."""
    with _opened(folder) as workspace:
        boards = dataset_boards(workspace)
        if not boards:
            return {"ok": True, "datasets": [], "board": None}
        found = _board(workspace, boards, wanted)
        return {"ok": True, "datasets": [_option(one) for one in boards], "board": board_record(found)}


def export_board(folder: Path, wanted: WantedBoard, out: Path) -> Report:
    """Write the board to a file that is not there yet: `.csv` for spreadsheets, `.json` with the history."""
    writers = {".csv": board_csv, ".json": board_json}
    if out.suffix.lower() not in writers:
        raise ValenceError(f"{out.name} is neither .csv nor .json.", "Name the file with one of these endings.")
    check_out_file(out, [])
    if out.exists():
        raise ValenceError(f"{out} is there already.", "Name another file.")
    with _opened(folder) as workspace:
        found = _board(workspace, dataset_boards(workspace), wanted)
        data = writers[out.suffix.lower()](found)
    write_files({out: data})
    return {"ok": True, "file": str(out), "dataset": found.choice.dataset, "title": found.title} | {
        "n_entries": len(found.entries),
        "n_history": len(found.history),
    }


def ingest_folder(folder: Path, path: Path) -> Report:
    """Take in a file or a folder of evaluation logs; `InvalidInput` lists every problem, and nothing is taken in."""
    files, skipped = log_files(path)
    with _opened(folder) as workspace:
        taken = ingest_logs(workspace, files, "cli", skipped=skipped)
    return {"ok": True, "n_known": taken.n_known, **record(taken)}


def _board(workspace: Workspace, boards: Iterable[DatasetBoards], wanted: WantedBoard) -> Board:
    found = _meant(tuple(boards), wanted.choice.dataset)
    kinds = {version.id: version.kind for version in found.versions}
    if wanted.choice.version and wanted.choice.version not in kinds:
        known = ", ".join(kinds) or "none"
        raise NotFound(f"There is no version {wanted.choice.version!r} of it.", f"Versions of it: {known}.")
    if wanted.kind and kinds.get(wanted.choice.version, wanted.kind) is not wanted.kind:
        message = f"The version {wanted.choice.version!r} is a {kinds[wanted.choice.version]} split."
        raise ValenceError(message, "Leave the split out, or name another version.")
    is_cold_alone = found.version(VersionKind.COLD) is not None and found.version(VersionKind.RANDOM) is None
    default = VersionKind.COLD if is_cold_alone else VersionKind.RANDOM
    kind = wanted.kind or kinds.get(wanted.choice.version, default)
    return board(workspace, replace(wanted.choice, dataset=found.key, kind=kind), wanted.filters)


def _meant(boards: tuple[DatasetBoards, ...], name: str) -> DatasetBoards:
    if not name and boards:
        return boards[0]
    found = [one for one in boards if name in (one.key, one.title)] if name else []
    found = found or [one for one in boards if name and one.key.startswith(name)]
    if len(found) != 1:
        fault = f"{len(found)} boards could be meant by {name!r}." if found else f"There is no board of {name!r}."
        known = ", ".join(f"{one.key} ({one.title})" for one in found or boards)
        raise NotFound(fault, f"Boards there are: {known or 'none yet'}.")
    return found[0]


def _option(boards: DatasetBoards) -> dict[str, Any]:
    versions = [
        {"id": v.id, "title": v.title, "split_kind": str(v.kind), "state": str(v.state), "opened_at": v.opened_at}
        for v in boards.versions
    ]
    return {"dataset": boards.key, "title": boards.title, "versions": versions, "n_logs": boards.n_logs}


def _opened(folder: Path) -> Workspace:
    if not (folder / DATABASE_FILE).is_file():
        raise NotFound(f"{folder} is no workspace.", "Name the folder of one, or its name.")
    return open_workspace(folder)

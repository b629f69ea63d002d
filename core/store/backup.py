"""Backups: whole workspaces, copied while the original is in use, and checked before they count."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import duckdb

from core.errors import CorruptArtefact, Problem, ValenceError
from core.fingerprint import content_id
from core.store.clock import utc_now
from core.store.failures import CorruptDatabase
from core.store.files import file_record, force_to_disk
from core.store.hidden import HIDDEN_FOLDER
from core.store.manifest import MANIFEST_FILE, Manifest
from core.store.workspace import (
    ANSWERS_FILE,
    ARTEFACTS_FOLDER,
    BACKUP_LOG,
    BACKUPS_FOLDER,
    DATABASE_FILE,
    SET_ASIDE_FOLDER,
    Workspace,
)

_DATABASES = {DATABASE_FILE, f"{DATABASE_FILE}.wal", *(f"{ANSWERS_FILE}{end}" for end in ("", "-wal", "-shm"))}
_NOT_COPIED = _DATABASES | {ARTEFACTS_FOLDER, BACKUPS_FOLDER, BACKUP_LOG, SET_ASIDE_FOLDER, HIDDEN_FOLDER}


def back_up(workspace: Workspace, target_folder: Path) -> Path:
    """Copy the workspace, as it is at this moment, into a new folder of `target_folder`, and return that folder.

    The backup is a workspace itself: opening it is restoring it. Its database and its answer log are one snapshot each,
    opened and counted; every artefact file is compared with its digest (`CorruptArtefact` names all that differ).
    Saving goes on meanwhile; deleting waits. A backup that fails leaves nothing behind.
    """
    target_folder = target_folder.expanduser().resolve()
    stamp = utc_now().translate(str.maketrans("", "", "-:."))
    final = target_folder / f"{workspace.name[:40]}-{stamp}"
    owner = content_id("backup", str(workspace.root))[:8]  # two workspaces of one name may share a target folder
    draft = target_folder / f".{workspace.name}-{owner}.partial"
    try:
        with workspace.artefacts.removals_paused():
            _remove(draft)
            draft.mkdir(parents=True)
            try:
                _copy(workspace, target_folder, draft)
                draft.rename(final)
            finally:
                _remove(draft)
        force_to_disk(target_folder)
        _log(workspace, final)
    except OSError as error:
        raise ValenceError(
            f"The backup in {target_folder} could not be written: {error.strerror or error}.",
            "Choose a folder you may write to, with enough free space, and try again.",
        ) from error
    return final


def _copy(workspace: Workspace, target_folder: Path, draft: Path) -> None:
    staged, n_rows_by_table = workspace.database.copy_to_staging("backup.duckdb")
    database = draft / DATABASE_FILE
    shutil.move(staged, database)
    force_to_disk(database)
    manifests = _checked_manifests(database, n_rows_by_table)
    _copy_artefacts(workspace, manifests, draft)
    workspace.answers.copy_to(draft / ANSWERS_FILE)  # after the database, whose rows name runs of the log
    workspace.hidden.copy_to(draft / HIDDEN_FOLDER)  # by hand: no moment at which others could read the copy
    for entry in workspace.root.iterdir():
        is_ours = entry.name in _NOT_COPIED or entry.name.startswith(".")
        if not is_ours and not target_folder.is_relative_to(entry):
            _copy_other(entry, draft / entry.name)
    force_to_disk(draft)


def _checked_manifests(database: Path, n_rows_by_table: dict[str, int]) -> list[Manifest]:
    """Open the copied database, compare its row counts with the snapshot, and read which artefacts it lists."""
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            found = {
                table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()[0][0]
                for table in n_rows_by_table
            }
            rows = connection.execute("SELECT manifest FROM artefacts ORDER BY kind, id").fetchall()
    except duckdb.Error as error:
        raise CorruptDatabase(f"The backup's database cannot be read: {error}.", "Back up again.") from error
    if found != n_rows_by_table:
        raise CorruptDatabase(
            f"The backup's database holds {found} rows where the workspace has {n_rows_by_table}.", "Back up again."
        )
    return [Manifest.model_validate_json(row[0]) for row in rows]


def _copy_artefacts(workspace: Workspace, manifests: Iterable[Manifest], draft: Path) -> None:
    problems: list[Problem] = []
    for manifest in manifests:
        place = Path(ARTEFACTS_FOLDER, manifest.kind, manifest.id)
        (draft / place).mkdir(parents=True)
        for name in (*manifest.files, MANIFEST_FILE):
            problem = _copy_file(workspace.root / place / name, draft / place / name, manifest)
            problems += [problem] if problem else []
        force_to_disk(draft / place)
    if problems:
        raise CorruptArtefact(
            f"The backup was not made, because {len(problems)} files of this workspace are damaged: "
            f"{'; '.join(str(problem) for problem in problems[:5])}.",
            "Delete these artefacts, or copy their files back from an older backup, and back up again.",
        )


def _copy_file(source: Path, target: Path, manifest: Manifest) -> Problem | None:
    """Copy one file of an artefact and compare the copy with the digest; the manifest itself is compared whole."""
    what = f"{manifest.kind} {manifest.title!r} ({manifest.id}), {source.name}"
    if not source.is_file():
        return Problem(f"{what} is missing")
    shutil.copyfile(source, target)
    force_to_disk(target)
    if source.name == MANIFEST_FILE:
        is_same = json.loads(target.read_bytes()) == manifest.model_dump()
    else:
        is_same = file_record(target) == manifest.files[source.name]
    return None if is_same else Problem(f"{what} was changed")


def _copy_other(source: Path, target: Path) -> None:
    """Copy what else lies in the workspace."""
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)
        force_to_disk(target)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _log(workspace: Workspace, folder: Path) -> None:
    """Remember where the backup is outside the database: it is needed when the database cannot be read."""
    with (workspace.root / BACKUP_LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps({"folder": str(folder), "made_at": utc_now()}) + "\n")
    force_to_disk(workspace.root / BACKUP_LOG)

"""A workspace: one folder, one lock, one database, one answer log, its artefacts and its jobs."""

import json
import logging
import re
import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import InvalidInput, Problem, ValenceError
from core.store.answer_log import AnswerLog, open_answer_log
from core.store.artefacts import ArtefactStore
from core.store.database import Database
from core.store.failures import CorruptDatabase, StatementFailed, Trouble
from core.store.hidden import HIDDEN_FOLDER, HiddenPlace
from core.store.job_table import JobState, JobTable
from core.store.lock import WorkspaceLock
from core.store.migrate import migrate
from core.store.review_log import ReviewLog
from core.store.sealing import put_sealing_right
from core.store.token_table import TokenTable
from core.store.version_table import VersionTable

DATABASE_FILE = "workspace.duckdb"
ANSWERS_FILE = "answers.sqlite"
ARTEFACTS_FOLDER = "artefacts"
BACKUPS_FOLDER = "backups"
BACKUP_LOG = "backups.jsonl"
DRAFTS_FOLDER = ".drafts"
SET_ASIDE_FOLDER = "set-aside"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_STOPPED = "The program stopped while this job was waiting or running."

logger = logging.getLogger(__name__)


class Workspace:
    """An open workspace, held by this process until `close`; made by `open_workspace`, safe from any thread.

    `findings` says what opening had to put right (empty after an ordinary close).
    """

    def __init__(self, root: Path, lock: WorkspaceLock, database: Database, answers: AnswerLog) -> None:
        self.root = root
        self.name = root.name
        self.database = database
        self.answers = answers
        self.artefacts = ArtefactStore(root / ARTEFACTS_FOLDER, root / DRAFTS_FOLDER, database)
        self.jobs = JobTable(database)
        self.reviews = ReviewLog(database)
        self.versions = VersionTable(database)
        self.tokens = TokenTable(database)
        self.hidden = HiddenPlace(root / HIDDEN_FOLDER)
        self.findings: tuple[Problem, ...] = ()
        self._lock = lock

    @property
    def backups_folder(self) -> Path:
        """Where backups go unless told otherwise."""
        return self.root / BACKUPS_FOLDER

    def close(self) -> None:
        """Checkpoint, let the files go and release the lock; stop the job runner first. Closing twice is fine."""
        with ExitStack() as last:
            last.callback(self._lock.release)
            last.callback(self.database.close)
            last.callback(self.answers.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def check_workspace_name(name: str) -> str:
    """Return a name that can be a folder and part of an address; `InvalidInput` for any other."""
    if not _NAME.fullmatch(name):
        fix = "Use 1 to 64 letters, digits, '_' and '-', beginning with a letter or digit."
        raise InvalidInput("workspace name", [Problem(f"{name!r} cannot be used.", fix, field="name")])
    return name


def open_workspace(root: Path) -> Workspace:
    """Open the workspace in folder `root`, created when missing, and put right what a crash left.

    Raises `WorkspaceBusy` when it is open elsewhere, `CorruptDatabase` (naming the backups) when its database or its
    answer log cannot be read, and `ValenceError` when the folder cannot be used or a newer Valence wrote it.
    """
    root = root.expanduser().resolve()
    check_workspace_name(root.name)
    with ExitStack() as undo:
        lock = _lock(root)
        undo.callback(lock.release)
        database = _open_database(root)
        undo.callback(database.close)
        answers = _open_answers(root)
        undo.callback(answers.close)
        workspace = Workspace(root, lock, database, answers)
        try:
            migrate(database)
            workspace.findings = _put_right(workspace)
        except StatementFailed as failure:
            if failure.trouble is Trouble.CORRUPT:  # damage that is met only when the rows are read
                message = f"The database file {database.path} cannot be read. {failure.reason}"
                raise CorruptDatabase(message, _restore_advice(root)) from failure
            raise
        undo.pop_all()
    return workspace


def _lock(root: Path) -> WorkspaceLock:
    if root.exists() and not root.is_dir():
        raise ValenceError(f"{root} is a file, so it cannot be a workspace.", "Choose a folder, or a new name.")
    try:
        root.mkdir(parents=True, exist_ok=True)
        return WorkspaceLock(root)
    except OSError as error:
        raise ValenceError(
            f"The folder {root} cannot be used as a workspace: {error.strerror}.",
            "Choose a folder you may write to, or change its permissions.",
        ) from error


def _open_database(root: Path) -> Database:
    path = root / DATABASE_FILE
    if not path.exists():
        _create_database(path)
    try:
        return Database(path)
    except CorruptDatabase as error:
        raise CorruptDatabase(error.message, _restore_advice(root)) from error


def _open_answers(root: Path) -> AnswerLog:
    try:
        return open_answer_log(root / ANSWERS_FILE)
    except CorruptDatabase as error:
        backups = _known_backups(root, ANSWERS_FILE)
        known = f"Backups that have one, newest first: {', '.join(backups[:3])}." if backups else "No backup is known."
        raise CorruptDatabase(error.message, f"{error.fix} {known}") from error


def _create_database(path: Path) -> None:
    """Make a complete database beside its place and rename it: killed half-way, nothing half-made is found later."""
    log = path.with_name(f"{path.name}.wal")
    if log.exists():
        raise CorruptDatabase(
            f"The database {path} is gone, but its log {log.name} is there.", _restore_advice(path.parent)
        )
    draft = path.with_name(".new.duckdb")
    for leftover in path.parent.glob(f"{draft.name}*"):
        leftover.unlink()
    database = Database(draft)
    try:
        migrate(database)
    finally:
        database.close()
    draft.rename(path)


def _put_right(workspace: Workspace) -> tuple[Problem, ...]:
    if workspace.database.staging.exists():
        shutil.rmtree(workspace.database.staging)  # of a backup that was killed
    workspace.hidden.secure()
    findings = (
        *workspace.artefacts.reconcile(workspace.root / SET_ASIDE_FOLDER),
        *put_sealing_right(workspace.artefacts, workspace.hidden, lambda holder: _is_holding(workspace, holder)),
    )
    n_orphans = workspace.jobs.interrupt((JobState.QUEUED, JobState.RUNNING), _STOPPED)
    if n_orphans:
        logger.warning("%s: %d jobs were interrupted when the program stopped", workspace.name, n_orphans)
    n_calls = workspace.answers.interrupt()
    if n_calls:
        logger.warning("%s: %d calls of a model were in flight when the program stopped", workspace.name, n_calls)
    for finding in findings:
        logger.warning("%s: %s", workspace.name, finding)
    return findings


def _is_holding(workspace: Workspace, holder: str) -> bool:
    """Whether an artefact `kind/id` still keeps others' files hidden: it exists, and was not closed on the board."""
    kind, _, id = holder.partition("/")
    version = workspace.versions.find(id)
    return workspace.artefacts.exists(kind, id) and (version is None or version.is_open)


def _known_backups(root: Path, file: str) -> list[str]:
    """The backups that hold `file`, newest first: those the log of backups names, wherever they are."""
    folders = []
    log = root / BACKUP_LOG
    for line in reversed(log.read_text(encoding="utf-8").splitlines() if log.exists() else []):
        try:
            folders.append(Path(json.loads(line)["folder"]))
        except (ValueError, KeyError, TypeError):
            logger.warning("%s: a line of the log of backups cannot be read: %s", root.name, line)
    return [str(folder) for folder in folders if (folder / file).exists()]


def _restore_advice(root: Path) -> str:
    present = _known_backups(root, DATABASE_FILE)
    if not present:
        return (
            f"No backup of it is known. Its artefacts are files and still in {root / ARTEFACTS_FOLDER}: move "
            f"{DATABASE_FILE}* out of the folder, open it again, and they are listed again; jobs are lost."
        )
    return (
        f"Backups, newest first: {', '.join(present[:3])}. A backup is a whole workspace: open that folder, or move "
        f"this one away and copy the backup in its place."
    )

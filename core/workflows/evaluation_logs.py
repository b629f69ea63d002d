"""Evaluation logs in a workspace: take files or a folder of them in, and list what was taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import NotFound, ValenceError
from core.leaderboard.evaluation_log_files import MAX_FILE_BYTES, SUFFIXES, LogFile, read_logs
from core.leaderboard.evaluation_logs import EvaluationLog
from core.store.artefacts import Artefact
from core.store.evaluation_log_table import KeptLog, NewLog, keep_logs, kept_logs
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET

MIN_ID_LETTERS: Final = 8
MAX_FILES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of some files: ids of logs that are new, the number that was known, and dataset versions that this
    workspace does not hold. `skipped`: files of a folder that are no logs by their names.
    """

    n_files: int
    n_logs: int
    new: tuple[str, ...]
    unknown_versions: tuple[str, ...]
    skipped: tuple[str, ...] = ()

    @property
    def n_known(self) -> int:
        """Logs that were there already, or came twice."""
        return self.n_logs - len(self.new)


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A log of the workspace; `dataset` is the id of the dataset it names, empty where the workspace has none."""

    kept: KeptLog
    log: EvaluationLog
    dataset: str


def ingest_logs(
    workspace: Workspace, files: Sequence[LogFile], source: str, *, skipped: Sequence[str] = ()
) -> Ingested:
    """Take in every log of the files, all or none; `InvalidInput` lists all problems with file and line.

    `source`: through what they came (`upload`, `cli`). The same log taken in twice is one entry.
    """
    read = read_logs(files)
    new = [NewLog(found.log.id, found.log.as_json(), found.file, found.line) for found in read]
    made = keep_logs(workspace.database, new, source)
    versions = DatasetNames(workspace)
    unknown = dict.fromkeys(found.log.dataset_version for found in read if not versions.id_of(found.log))
    return Ingested(len(files), len(read), made, tuple(unknown), tuple(skipped))


def stored_logs(workspace: Workspace) -> tuple[StoredLog, ...]:
    """Every log of the workspace, in order of arrival."""
    versions = DatasetNames(workspace)
    logs = [(kept, EvaluationLog.of_kept(kept.content)) for kept in kept_logs(workspace.database)]
    return tuple(StoredLog(kept, log, versions.id_of(log)) for kept, log in logs)


def log_files(path: Path) -> tuple[tuple[LogFile, ...], tuple[str, ...]]:
    """A file, or all logs in a folder and the folders in it, in order of their names; and the names left out.

    Links are not followed. `NotFound` where there is nothing, `ValenceError` for what cannot be read.
    """
    if not path.exists():
        raise NotFound(f"There is no {path}.", "Name a file of logs, or a folder that holds some.")
    if not path.is_dir():
        return (_read(path, path.name),), ()
    try:
        every = sorted(found for found in path.rglob("*") if found.is_file() and not found.is_symlink())
    except OSError as error:
        raise ValenceError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    logs = [found for found in every if found.suffix.lower() in SUFFIXES]
    if not logs:
        raise NotFound(f"{path} holds no logs.", f"Logs are files whose names end in {', '.join(SUFFIXES)}.")
    if len(logs) > MAX_FILES:
        raise ValenceError(f"{path} holds {len(logs):,} logs; at most {MAX_FILES:,} at once.", "Take in fewer.")
    names = {found: str(found.relative_to(path)) for found in every}
    return tuple(_read(found, names[found]) for found in logs), tuple(names[f] for f in every if f not in set(logs))


def _read(path: Path, name: str) -> LogFile:
    try:
        with path.open("rb") as file:
            return LogFile(name, file.read(MAX_FILE_BYTES + 1))  # one byte more shows that it is too long
    except OSError as error:
        raise ValenceError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


class DatasetNames:
    """Which dataset of the workspace a log means: by id, by the first letters of one id, or by one title."""

    def __init__(self, workspace: Workspace) -> None:
        self._datasets: Sequence[Artefact] = workspace.artefacts.list(DATASET)

    def id_of(self, log: EvaluationLog) -> str:
        """The id of the dataset that a log names; empty for none, and for a name that two share."""
        wanted = log.dataset_version
        found = [d.id for d in self._datasets if d.id == wanted]
        if not found and len(wanted) >= MIN_ID_LETTERS:
            found = [d.id for d in self._datasets if d.id.startswith(wanted.lower())]
        found = found or [d.id for d in self._datasets if d.manifest.title == wanted]
        return found[0] if len(found) == 1 else ""

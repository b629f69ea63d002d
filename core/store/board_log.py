"""Scored submissions: a file of predictions and a row each, stored together or not at all."""

import logging
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

from core.errors import CorruptArtefact, NotFound
from core.fingerprint import digest
from core.store.board_rows import KeyRow, Standing, SubmissionRow, Usage
from core.store.clock import utc_now
from core.store.database import Database, Transaction
from core.store.files import force_to_disk, write_file
from core.store.workspace import DRAFTS_FOLDER, Workspace

__all__ = ["BoardLog", "KeyRow", "Standing", "SubmissionRow", "Usage", "board_log"]

SUBMISSIONS_FOLDER: Final = "submissions"


class BoardLog:
    """The submissions of one workspace; safe from any thread, and on the disk when a writing call returns.

    `folder` holds the predictions, a file per submission; `drafts` what is being written. A team's rows are read once
    per version and then kept in memory, since nobody else writes the tables.
    """

    def __init__(self, database: Database, folder: Path, drafts: Path) -> None:
        self._database = database
        self._folder = folder
        self._drafts = drafts
        self._guard = threading.Lock()
        self._turns: dict[tuple[str, str], threading.RLock] = {}
        self._held: dict[tuple[str, str], _Held] = {}

    @contextmanager
    def turn(self, version: str, team: str) -> Iterator[None]:
        """Be the only one who counts and records submissions of this team to this version."""
        with self._guard:
            mine = self._turns.setdefault((version, team), threading.RLock())
        with mine:
            yield

    def record(self, row: SubmissionRow, predictions: bytes, key: KeyRow | None) -> None:
        """Store a submission: its predictions first, then its row and its key in one transaction.

        Killed in between, the file has no row, and `sweep` takes it away.
        """

        def work(tx: Transaction) -> None:
            tx.write(_INSERT, list(astuple(row)))
            if key is not None:
                _insert_key(tx, key)

        with self._writing(row.version, row.team) as held:
            self._store_file(row.id, predictions)
            self._database.transaction(work)
            held.rows.append(row)
            if key is not None:
                held.keys[key.key] = key

    def record_key(self, key: KeyRow) -> None:
        """Remember an answer under its key where nothing new was scored."""
        with self._writing(key.version, key.team) as held:
            self._database.transaction(lambda tx: _insert_key(tx, key))
            held.keys[key.key] = key

    def record_private(self, figures: Mapping[str, str]) -> None:
        """Keep the private figures (JSON text by submission id); those that are known stay as they are."""
        at = utc_now()

        def work(tx: Transaction) -> None:
            for submission, text in figures.items():
                tx.write("INSERT INTO private_figures VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [submission, text, at])

        if figures:
            self._database.transaction(work)

    def under_key(self, version: str, team: str, key: str) -> KeyRow | None:
        """What was answered under an idempotency key of a team for a version."""
        with self.turn(version, team):
            return self._hold(version, team).keys.get(key)

    def usage(self, version: str, team: str, day: str) -> Usage:
        """How many submissions of a team to a version were scored on a UTC date, and ever."""
        with self.turn(version, team):
            rows = self._hold(version, team).rows
            return Usage(sum(row.day == day for row in rows), len(rows))

    def of_standing(self, standing: Standing) -> tuple[SubmissionRow, ...]:
        """The submissions of one row of the board, in order of arrival."""
        with self.turn(standing.version, standing.team):
            rows = self._hold(standing.version, standing.team).rows
            return tuple(row for row in rows if (row.track, row.standing) == (standing.track, standing.name))

    def submissions(self, version: str | None = None) -> tuple[SubmissionRow, ...]:
        """Every submission, or those to one version, in order of arrival."""
        return self._read("", ()) if version is None else self._read("WHERE version = ?", [version])

    def submission(self, submission_id: str) -> SubmissionRow:
        """One submission; `NotFound` for an unknown id."""
        rows = self._read("WHERE id = ?", [submission_id])
        if not rows:
            raise NotFound(f"There is no submission {submission_id!r}.", "Look at the list of your submissions.")
        return rows[0]

    def private_figures(self, version: str) -> dict[str, str]:
        """The private figures of a closed version, JSON text by submission id; empty before they are computed."""
        sql = """
            SELECT p.submission, p.figures FROM private_figures p JOIN submissions s ON s.id = p.submission
            WHERE s.version = ?
        """
        return {row["submission"]: row["figures"] for row in self._database.read(sql, [version])}

    def count(self) -> int:
        """How many submissions there are: it only grows, and so keys a cache of everything but private figures."""
        return int(self._database.read("SELECT count(*) AS n FROM submissions")[0]["n"])

    def predictions(self, row: SubmissionRow) -> bytes:
        """The stored predictions of a submission; `CorruptArtefact` when they are not what was stored."""
        try:
            data = self._path(row.id).read_bytes()
        except FileNotFoundError as error:
            raise _damaged(row, "is missing") from error
        if digest(data) != row.file_digest:
            raise _damaged(row, "was changed")
        return data

    def sweep(self) -> int:
        """Delete files that no row names, left by a program that was killed while storing; returns their number."""
        if not self._folder.exists():
            return 0
        known = {row["id"] for row in self._database.read("SELECT id FROM submissions")}
        orphans = [path for path in self._folder.iterdir() if path.stem not in known]
        for path in orphans:
            path.unlink()
        return len(orphans)

    @contextmanager
    def _writing(self, version: str, team: str) -> Iterator["_Held"]:
        """A team's rows, to be added to; after a failed write nobody knows what was stored, and they are read anew."""
        with self.turn(version, team):
            try:
                yield self._hold(version, team)
            except BaseException:
                self._held.pop((version, team), None)
                raise

    def _hold(self, version: str, team: str) -> "_Held":
        if (version, team) not in self._held:
            where = [version, team]
            sql = f"SELECT {_KEY_COLUMNS} FROM submission_keys WHERE version = ? AND team = ?"
            keys = [KeyRow(**row) for row in self._database.read(sql, where)]
            rows = self._read("WHERE version = ? AND team = ?", where)
            self._held[version, team] = _Held(list(rows), {key.key: key for key in keys})
        return self._held[version, team]

    def _store_file(self, submission_id: str, data: bytes) -> None:
        if not self._folder.exists():
            self._folder.mkdir(exist_ok=True)
            force_to_disk(self._folder.parent)
        self._drafts.mkdir(exist_ok=True)
        target = self._path(submission_id)
        draft = self._drafts / target.name
        write_file(draft, data)
        draft.rename(target)
        force_to_disk(self._folder)

    def _path(self, submission_id: str) -> Path:
        return self._folder / f"{submission_id}.parquet"

    def _read(self, condition: str, parameters: Sequence[Any]) -> tuple[SubmissionRow, ...]:
        rows = self._database.read(f"SELECT {_COLUMNS} FROM submissions {condition} ORDER BY id", list(parameters))
        return tuple(map(_row, rows))


@dataclass(slots=True)
class _Held:
    """The rows and the keys of one team for one version in memory, in order of arrival."""

    rows: list[SubmissionRow]
    keys: dict[str, KeyRow]


def board_log(workspace: Workspace) -> BoardLog:
    """The one log of an open workspace: all its callers must meet at the same turns.

    The first call puts right what a killed program left, before anybody stores anything.
    """
    with _opening:
        if workspace not in _opened:
            log = BoardLog(workspace.database, workspace.root / SUBMISSIONS_FOLDER, workspace.root / DRAFTS_FOLDER)
            n_orphans = log.sweep()
            if n_orphans:
                logger.warning("%s: %d submissions were not stored when the program stopped", workspace.name, n_orphans)
            _opened[workspace] = log
        return _opened[workspace]


def _row(row: dict[str, Any]) -> SubmissionRow:
    for name in ("version", "team", "model", "track", "source", "day"):  # thousands of rows share these texts
        row[name] = sys.intern(row[name])
    return SubmissionRow(**row)


def _insert_key(tx: Transaction, key: KeyRow) -> None:
    sql = f"INSERT INTO submission_keys ({_KEY_COLUMNS}, written_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    tx.write(sql, [*astuple(key), utc_now()])


def _damaged(row: SubmissionRow, how: str) -> CorruptArtefact:
    return CorruptArtefact(
        f"The file of the predictions of submission {row.id} ({row.team}) {how}.", "Copy it back from a backup."
    )


_opening = threading.Lock()
_opened: WeakKeyDictionary[Workspace, BoardLog] = WeakKeyDictionary()
logger = logging.getLogger(__name__)

_NAMES = [column.name for column in fields(SubmissionRow)]
_COLUMNS = ", ".join(_NAMES)
_KEY_COLUMNS = ", ".join(column.name for column in fields(KeyRow))
_INSERT = f"INSERT INTO submissions ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))})"

"""The one door to an SQLite file: one writer at a time, readers beside it, every failure in plain words."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from core.errors import ValenceError, WorkspaceBusy
from core.store.failures import CorruptDatabase
from core.store.files import force_to_disk

T = TypeVar("T")

_PATIENCE_S = 15.0  # how long a statement waits for another process
_IDLE_READERS = 8  # connections kept open for the next reader; opening one takes a quarter of a millisecond

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNREADABLE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_TOOBIG}
_NOT_ALLOWED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


class SqliteFile:
    """One SQLite database of ours, open until `close`; safe from any thread.

    One connection writes, guarded by a lock, because SQLite has one writer anyway; readers take a connection each and
    never wait for the writer. `what` names the file in messages.
    """

    def __init__(self, path: Path, what: str, application_id: int, migrations: Sequence[str]) -> None:
        """Open, or create, and bring to the latest schema; `CorruptDatabase` and `ValenceError` say what is wrong."""
        self.path, self.what = path, what
        self._writing, self._lending = threading.Lock(), threading.Lock()  # taken in this order where both are
        self._idle, self._is_closed = list[sqlite3.Connection](), False
        with self._plain_words():
            if not path.exists():
                self._create(migrations)
            self._writer = self._connect()
            try:
                self._check(application_id, migrations)
                _migrate(self._writer, migrations)
            except BaseException:
                self._writer.close()
                raise

    def write(self, work: Callable[[sqlite3.Cursor], T], *, is_durable: bool = True) -> T:
        """Run `work` in a transaction and return its result: all of it is stored, or nothing.

        A durable write is on the disk when this returns. Any other survives the end of the program, however it ends,
        but not a power cut; the next durable write takes it along.
        """
        with self._plain_words(), self._writing:
            self._refuse_if_closed()
            cursor = self._writer.cursor()
            cursor.execute(f"PRAGMA synchronous = {'FULL' if is_durable else 'NORMAL'}")
            cursor.execute("BEGIN IMMEDIATE")
            try:
                result = work(cursor)
                cursor.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.rollback()
                raise
            return result

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """A cursor whose statements all see the file as it was at the first of them."""
        with self._plain_words():
            connection = self._borrow()
            try:
                cursor = connection.cursor()
                cursor.execute("BEGIN")
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)

    def copy_to(self, target: Path) -> None:
        """Copy one moment of the file while it is in use, check the copy whole, and force it to disk.

        `CorruptDatabase` when the copy does not hold what the original holds; the copy is then left for inspection.
        """
        with self.reading() as source, self._plain_words():
            counts = _n_rows_by_table(source)
            copy = sqlite3.connect(target, isolation_level=None)
            try:
                source.connection.backup(copy)
                cursor = copy.cursor()
                cursor.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
                faults = [row[0] for row in cursor.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
                found = _n_rows_by_table(cursor)
            finally:
                copy.close()
        if faults or found != counts:
            detail = "; ".join(faults) or f"it holds {found} rows where the original has {counts}"
            raise CorruptDatabase(f"The copy of the {self.what} is damaged: {detail}.", "Back up again.")
        force_to_disk(target)

    def close(self) -> None:
        """Let the file go; a read still under way ends first. Closing twice is fine."""
        with self._writing, self._lending:
            self._is_closed = True
            while self._idle:
                self._idle.pop().close()
            self._writer.close()

    def _create(self, migrations: Sequence[str]) -> None:
        """Make the file beside its place and rename it: killed half-way, nothing half-made is found later."""
        log = self.path.with_name(f"{self.path.name}-wal")
        if log.exists():
            raise CorruptDatabase(
                f"The {self.what} {self.path} is gone, but its log {log.name} is there.",
                f"Copy {self.path.name} back from a backup, or delete {log.name} and begin a new one.",
            )
        draft = self.path.with_name(f".new-{self.path.name}")
        for leftover in self.path.parent.glob(f"{draft.name}*"):
            leftover.unlink()
        connection = sqlite3.connect(draft, isolation_level=None)
        try:
            _migrate(connection, migrations)
        finally:
            connection.close()
        force_to_disk(draft)
        draft.rename(self.path)
        force_to_disk(self.path.parent)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path.as_uri() + "?mode=rw", _PATIENCE_S, isolation_level=None, check_same_thread=False, uri=True
        )
        connection.text_factory = _as_text
        return connection

    def _check(self, application_id: int, migrations: Sequence[str]) -> None:
        """Refuse a file that is empty, of another program, or of a newer version, before anything is written to it."""
        if self._pragma("application_id") != application_id:
            raise CorruptDatabase(f"The file {self.path} is no {self.what}.", self._advice())
        version = self._pragma("user_version")
        if version > len(migrations):
            raise ValenceError(
                f"The {self.what} {self.path} was written by a newer Valence (its schema is version {version}, this "
                f"program knows up to {len(migrations)}).",
                "Install the newer Valence, or open a backup made before the upgrade.",
            )
        mode = self._writer.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise ValenceError(
                f"The folder of the {self.what} {self.path} is on a file system where it cannot be read while it is "
                f"written.",
                "Keep workspaces on a local disk.",
            )

    def _pragma(self, name: str) -> int:
        return int(self._writer.execute(f"PRAGMA {name}").fetchone()[0])

    def _borrow(self) -> sqlite3.Connection:
        with self._lending:
            self._refuse_if_closed()
            if self._idle:
                return self._idle.pop()
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lending:
            if not self._is_closed and len(self._idle) < _IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise ValenceError(f"The {self.what} {self.path} is closed.", "Open the workspace again.")

    def _advice(self) -> str:
        return (
            f"Copy {self.path.name} back from a backup, or move {self.path.name}* out of the folder and open it again: "
            f"a new one is then begun, and what only the old one held is lost."
        )

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        """Turn SQLite's errors into ours, once."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from error

    def _explained(self, error: sqlite3.Error) -> ValenceError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of the number only details it
        name = f"The {self.what} {self.path}"
        if code in _BUSY:
            return WorkspaceBusy(f"{name} is in use by another program.", "Close that program and try again.")
        if code in _UNREADABLE:
            return CorruptDatabase(f"{name} cannot be read: {error}.", self._advice())
        if code in _NO_ROOM:
            return ValenceError(f"{name} cannot be written: {error}.", "Free some disk space and try again.")
        if code in _NOT_ALLOWED:
            return ValenceError(f"{name} cannot be opened or written: {error}.", "Check the folder's permissions.")
        return ValenceError(f"{name} refused a statement: {error}.")


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Apply what is missing; each step is stored whole, together with its number, or not at all."""
    done = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for number, step in enumerate(migrations[done:], start=done + 1):
        try:
            connection.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT;")
        except BaseException:
            if connection.in_transaction:
                connection.rollback()
            raise


def _n_rows_by_table(cursor: sqlite3.Cursor) -> dict[str, int]:
    tables = [row[0] for row in cursor.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {table: cursor.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def as_bytes(text: str) -> bytes:
    """Text for `CAST(? AS TEXT)`: a model may send half a surrogate pair, which SQLite's own binding refuses."""
    return text.encode("utf-8", "surrogatepass")


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def as_dict(cursor: sqlite3.Cursor, row: Sequence[Any]) -> dict[str, Any]:
    """A row by the names of its columns."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}

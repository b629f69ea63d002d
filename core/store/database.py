"""The one door to DuckDB: a connection per workspace, a cursor per call, every failure with its statement."""

import contextlib
import logging
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from core.errors import ValenceError
from core.store.clock import utc_now
from core.store.failures import StatementFailed, Trouble, refused_opening
from core.store.gate import Gate

T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]

STORAGE_VERSION = "v1.5.0"  # of the file format: readable by every DuckDB from 1.5 on
MEMORY_LIMIT = "1GiB"
TIME_LIMIT_S = 120.0
_THREADS = 2  # facts are small; the cores belong to the sampler
_PATIENCE_S = 15.0  # how long a transaction is run again because of conflicts

logger = logging.getLogger(__name__)


class Transaction:
    """Statements that are stored together or not at all. It ends with the call that made it."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._latest = ""

    def read(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries by column name; also the rows of a `RETURNING` clause."""
        self._execute(sql, parameters)
        names = [column[0] for column in self._cursor.description or ()]
        if len(set(names)) < len(names):
            raise ValenceError(f"Two columns of one result have the same name: {', '.join(names)}. Rename one: {sql}")
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]

    def write(self, sql: str, parameters: Parameters = ()) -> int:
        """Number of rows inserted, changed or deleted by the (last) statement; 0 for one that counts none."""
        self._execute(sql, parameters)
        counts = [column[0] for column in self._cursor.description or ()] == ["Count"]
        rows = self._cursor.fetchall() if counts else []
        return int(rows[0][0]) if rows else 0

    def append(self, table: str, columns: Mapping[str, Any]) -> int:
        """Insert whole columns (lists or numpy arrays of one length), by name; number of rows inserted."""
        names = ", ".join(_quoted(name) for name in columns)
        sql = f"INSERT INTO {_quoted(table)} ({names}) SELECT {names} FROM incoming_columns"
        try:
            self._cursor.register("incoming_columns", pa.table(dict(columns)))
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise ValenceError(
                f"These columns do not make rows of {table!r}: {error}.", "Give lists of one length."
            ) from error
        try:
            return self.write(sql)
        finally:
            with contextlib.suppress(duckdb.Error):  # after a failure the transaction is over, and the view with it
                self._cursor.unregister("incoming_columns")

    def claim(self, key: str) -> bool:
        """Take an idempotency key for as long as the database lives; False when it was taken before."""
        try:
            sql = "INSERT INTO write_keys (name, written_at) VALUES (?, ?) ON CONFLICT DO NOTHING"
            return self.write(sql, [key, utc_now()]) == 1
        except StatementFailed as failure:
            if failure.trouble is Trouble.STALE:  # taken this instant, by a commit that no snapshot shows yet
                failure.trouble = Trouble.CONFLICT
            raise

    def commit(self) -> None:
        """Store everything; the database calls this when the work is over."""
        try:
            self._cursor.execute("COMMIT")
        except duckdb.Error as error:
            raise StatementFailed(error, self._latest, is_commit=True) from error

    def _execute(self, sql: str, parameters: Parameters) -> None:
        self._latest = sql
        try:
            # Several statements in one text are allowed only without parameters.
            self._cursor.execute(sql, parameters) if parameters else self._cursor.execute(sql)
        except duckdb.Error as error:
            raise StatementFailed(error, sql) from error


class Database:
    """A DuckDB file held by this process; safe to call from any thread.

    Only the staging folder (`staging`, beside the file) can be reached from SQL; the configuration is locked.
    """

    def __init__(
        self,
        path: Path,
        *,
        memory_limit: str = MEMORY_LIMIT,
        time_limit_s: float = TIME_LIMIT_S,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open `path`, created when missing; `CorruptDatabase` when it cannot be read, `WorkspaceBusy` when in use."""
        self.path = path
        self.staging = path.parent / ".staging"
        self._options = {"memory_limit": memory_limit, "max_execution_time": str(int(time_limit_s * 1000))}
        self._pause = pause
        self._gate = Gate()
        self._generation = 0
        self._connection: duckdb.DuckDBPyConnection | None = self._connect()
        self._is_closed = False

    def read(self, sql: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        """Rows as dictionaries by column name; `StatementFailed` when refused, also when `sql` would write."""
        return self._run(lambda tx: tx.read(sql, parameters), is_repeatable=True, begin="BEGIN TRANSACTION READ ONLY")

    def write(self, sql: str, parameters: Parameters = (), *, key: str | None = None) -> int:
        """Number of rows written, stored when this returns; 0 when the same `key` wrote before."""
        return self._keyed(lambda tx: tx.write(sql, parameters), key)

    def append(self, table: str, columns: Mapping[str, Any], *, key: str | None = None) -> int:
        """Insert whole columns (lists or numpy arrays of one length) and count the rows; 0 for a `key` used before."""
        return self._keyed(lambda tx: tx.append(table, columns), key)

    def transaction(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction and return its result; after a conflict it is run again, so it must only
        read and write through the transaction it is given."""
        return self._run(work, is_repeatable=False)

    def check_open(self) -> None:
        """Raise `ValenceError` when the database is closed."""
        if self._is_closed:
            raise ValenceError("The workspace is closed.", "Open it again.")

    def copy_to_staging(self, name: str) -> tuple[Path, dict[str, int]]:
        """Copy one snapshot into a closed DuckDB file in the staging folder, and count the rows of each table in it.

        `COPY FROM DATABASE`, because the file that is open must never be opened a second time by its path.
        """
        target = self.staging / name
        self.staging.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        self.write(f"ATTACH '{_escaped(target)}' AS staged (STORAGE_VERSION '{STORAGE_VERSION}')")
        try:
            return target, self.transaction(_copy_all)
        finally:
            self.write("DETACH staged")

    def close(self) -> None:
        """Wait for calls in progress, checkpoint and let the file go; a second close does nothing."""
        with self._gate.closed():
            if self._is_closed:
                return
            self._is_closed = True
            connection, self._connection = self._connection, None
            if connection is None:
                return
            try:
                connection.execute("CHECKPOINT")
            except duckdb.Error as error:
                raise StatementFailed(error, "CHECKPOINT") from error
            finally:
                connection.close()

    def _keyed(self, work: Callable[[Transaction], int], key: str | None) -> int:
        def once(tx: Transaction) -> int:
            return work(tx) if key is None or tx.claim(key) else 0

        return self._run(once, is_repeatable=key is not None)

    def _run(self, work: Callable[[Transaction], T], *, is_repeatable: bool, begin: str = "BEGIN TRANSACTION") -> T:
        """Attempts, until one succeeds or fails for good. `is_repeatable`: a second run cannot store twice."""
        patience = _Patience()
        while True:
            generation = self._generation
            try:
                return self._attempt(work, begin)
            except StatementFailed as failure:
                if failure.trouble is Trouble.FATAL:
                    self._recover(failure, generation, is_repeatable)
                pause_s = patience.pause_s(failure.trouble)
                if pause_s is None:
                    raise
            self._pause(pause_s)

    def _recover(self, failure: StatementFailed, generation: int, is_repeatable: bool) -> None:
        if self._gate.is_passed:
            raise failure  # a call inside a call: the outer one opens the database again when it has left
        logger.error("The database shut itself down and is opened again: %s", failure.reason)
        self._reopen(generation)
        if failure.is_commit and not is_repeatable:
            raise ValenceError(
                f"{failure.message} The database was opened again; whether this change was stored is not known.",
                "Look at what is stored before doing it again.",
            ) from failure

    def _attempt(self, work: Callable[[Transaction], T], begin: str) -> T:
        with self._cursor() as cursor:
            tx = Transaction(cursor)
            tx.write(begin)
            result = work(tx)
            tx.commit()
            return result

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own for one call: threads that share one get each other's rows. Closing it rolls back."""
        if self._connection is None and not self._is_closed and not self._gate.is_passed:
            self._reopen(self._generation)  # an earlier attempt to open it again failed; perhaps the disk has room now
        with self._gate.passed():
            self.check_open()
            if self._connection is None:
                raise ValenceError("The database shut itself down and did not open again.", "Try once more.")
            cursor = self._connection.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    def _reopen(self, generation: int) -> None:
        """Open the file again, once for all the threads that saw `generation` of the connection fail."""
        with self._gate.closed():
            if self._is_closed or generation != self._generation:
                return
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._connection = self._connect()
            self._generation += 1

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = None
        try:
            connection = duckdb.connect(str(self.path), config={**_CONFIGURATION, **self._options})
            # The order matters: the staging folder can be named only while access is on, and the lock comes last.
            connection.execute(f"SET allowed_directories = ['{_escaped(self.staging)}']")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        except duckdb.Error as error:
            if connection is not None:
                connection.close()
            raise refused_opening(error, self.path) from error
        return connection


_CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "storage_compatibility_version": STORAGE_VERSION,
    "threads": str(_THREADS),
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def _copy_all(tx: Transaction) -> dict[str, int]:
    [source] = tx.read("SELECT current_database() AS name")
    tables = tx.read("SELECT table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY 1", [source["name"]])
    names = [row["table_name"] for row in tables]
    counts = {name: tx.read(f"SELECT count(*) AS n FROM {_quoted(name)}")[0]["n"] for name in names}
    tx.write(f"COPY FROM DATABASE {_quoted(source['name'])} TO staged")
    return counts


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Patience:
    """How often one call is tried again after which trouble, with random, growing waits between."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _PATIENCE_S
        self._longest_s = 0.002
        self._n_left = {
            Trouble.CONFLICT: sys.maxsize,
            Trouble.STALE: 5,
            Trouble.FATAL: 1,
            Trouble.CORRUPT: 0,
            Trouble.FINAL: 0,
        }

    def pause_s(self, trouble: Trouble) -> float | None:
        """Seconds to wait before the next attempt; None when there shall be none."""
        self._n_left[trouble] -= 1
        if self._n_left[trouble] < 0 or time.monotonic() > self._end:
            return None
        self._longest_s = min(2 * self._longest_s, 0.1)
        return random.uniform(0.0, self._longest_s)

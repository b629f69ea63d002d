"""The answer log: every reply that was paid for, every call of every run, and the batches on their way.

An answer is on the disk before it counts, so that a program that is killed never pays for it twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from core.errors import NotFound
from core.store.answer_rows import (
    CACHED,
    IN_FLIGHT,
    INTERRUPTED,
    Answer,
    Attempt,
    Batch,
    CallPage,
    CallRecord,
    LoggedCall,
    RunSummary,
    Spent,
)
from core.store.answer_runs import run_names, run_spent, run_summary
from core.store.answer_schema import APPLICATION_ID, MIGRATIONS
from core.store.clock import utc_now
from core.store.sqlite_file import SqliteFile, as_bytes, as_dict

_INTERRUPTED_MESSAGE = "The program ended while this call was in flight; it counts at its worst case."


def open_answer_log(path: Path) -> "AnswerLog":
    """Open the answer log in file `path`, created when missing.

    `CorruptDatabase` when the file cannot be read or is no answer log, `WorkspaceBusy` when another program holds it,
    `ValenceError` when it cannot be written or a newer Valence wrote it; each says what to do.
    """
    return AnswerLog(SqliteFile(path.expanduser().resolve(), "answer log", APPLICATION_ID, MIGRATIONS))


class AnswerLog:
    """The answers and calls of one workspace; safe from any thread, readable while a run writes."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @property
    def path(self) -> Path:
        """The file; beside it, while it is open, SQLite's own `-wal` and `-shm`."""
        return self._file.path

    def close(self) -> None:
        """Let the file go. Closing twice is fine; any other call afterwards is a `ValenceError`."""
        self._file.close()

    def copy_to(self, target: Path) -> None:
        """Write a checked copy of one moment of the log, while runs go on; `CorruptDatabase` when it is not whole."""
        self._file.copy_to(target)

    # Answers

    def find(self, fingerprint: str, again: int = 0) -> Answer | None:
        """The answer to a request, or None where it was never answered."""
        with self._file.reading() as cursor:
            row = cursor.execute(_FIND, [fingerprint, again]).fetchone()
            return _answer(as_dict(cursor, row)) if row else None

    def record(self, answer: Answer, attempt: Attempt | None = None, number: int | None = None) -> Answer:
        """Store an answer, with the attempt that brought it, on the disk before this returns.

        `number` is that of the attempt if it was begun before. The first answer to a request stands: where there is
        one already, it is kept and returned, and the attempt is still written.
        """

        def work(cursor: Any) -> Answer:
            cursor.execute(_ADD_REQUEST, [answer.fingerprint, as_bytes(_json(answer.request))])
            cursor.execute(
                _ADD_ANSWER,
                [
                    answer.fingerprint,
                    answer.again,
                    answer.provider,
                    as_bytes(answer.reply),
                    answer.finish,
                    answer.input_tokens,
                    answer.output_tokens,
                    answer.answered_at or utc_now(),
                ],
            )
            if attempt is not None:
                _write_attempt(cursor, attempt, number)
            row = cursor.execute(_FIND, [answer.fingerprint, answer.again]).fetchone()
            return _answer(as_dict(cursor, row))

        return self._file.write(work)

    # Calls

    def begin(self, attempt: Attempt, request: Mapping[str, Any]) -> int:
        """Write that a request is about to be sent, charged at its worst case; returns its number within the run.

        If the program is killed before the attempt ends, this row is what keeps the budget right.
        """

        def work(cursor: Any) -> int:
            cursor.execute(_ADD_REQUEST, [attempt.fingerprint, as_bytes(_json(request))])
            return _write_attempt(cursor, attempt, None)

        return self._file.write(work, is_durable=False)

    def note_attempt(self, attempt: Attempt, number: int | None = None) -> int:
        """Write an attempt that brought no new answer, or how the one with `number` ended; returns its number."""
        is_durable = attempt.outcome != CACHED  # losing a free one in a power cut costs nothing
        return self._file.write(lambda cursor: _write_attempt(cursor, attempt, number), is_durable=is_durable)

    def interrupt(self, run: str | None = None) -> int:
        """Mark what is in flight, of one run or of all, as interrupted, and count it; for calls of a dead process."""
        values = [INTERRUPTED, _INTERRUPTED_MESSAGE, run]
        return self._file.write(lambda cursor: int(cursor.execute(_INTERRUPT, values).rowcount))

    def calls(
        self,
        run: str,
        purpose: str | None = None,
        outcome: str | None = None,
        text: str = "",
        offset: int = 0,
        limit: int = 100,
    ) -> CallPage:
        """A page of a run's calls, newest first, of one purpose or outcome if given.

        `text` is looked for in subject, message, request and reply; upper and lower case of a to z are the same.
        """
        where, values = _search(run, purpose, outcome, text)
        with self._file.reading() as cursor:
            n_matching = cursor.execute(f"SELECT count(*) FROM {where}", values).fetchone()[0]
            sql = f"SELECT c.* FROM {where} ORDER BY c.number DESC LIMIT :limit OFFSET :offset"
            rows = cursor.execute(sql, {**values, "limit": limit, "offset": offset}).fetchall()
            return CallPage(n_matching, tuple(_logged_call(as_dict(cursor, row)) for row in rows))

    def call(self, run: str, number: int) -> CallRecord:
        """One call with what was sent and the raw reply; `NotFound` says which numbers the run has."""
        with self._file.reading() as cursor:
            row = cursor.execute("SELECT * FROM calls WHERE run = ? AND number = ?", [run, number]).fetchone()
            if row is None:
                last = cursor.execute("SELECT max(number) FROM calls WHERE run = ?", [run]).fetchone()[0]
                known = f"Its calls are numbered 1 to {last}." if last else "It has no calls yet."
                raise NotFound(f"The run {run!r} has no call {number}.", known)
            call = _logged_call(as_dict(cursor, row))
            key = call.attempt.fingerprint
            sent = cursor.execute("SELECT request FROM requests WHERE fingerprint = ?", [key]).fetchone()
            got = cursor.execute(_FIND, [key, call.attempt.again]).fetchone()
            answer = _answer(as_dict(cursor, got)) if got else None
            return CallRecord(call, json.loads(sent[0]) if sent else None, answer)

    # Runs

    def run_summary(self, run: str, now: str = "") -> RunSummary:
        """What a run has spent and met; zeros for one that made no call. `now`: UTC ISO text, else the clock's."""
        with self._file.reading() as cursor:
            return run_summary(cursor, run, now or utc_now())

    def runs(self) -> tuple[RunSummary, ...]:
        """Every run that made a call, the latest begun first."""
        now = utc_now()
        with self._file.reading() as cursor:
            return tuple(run_summary(cursor, run, now) for run in run_names(cursor))

    def spent(self, run: str) -> Spent:
        """What a run was charged so far: where the budget of a resumed run begins."""
        with self._file.reading() as cursor:
            return run_spent(cursor, run)

    # Batches

    def add_batch(self, run: str, name: str, fingerprints: Sequence[str], state: str) -> Batch:
        """Remember, on the disk, a batch that was handed to the provider; adding a known one changes nothing."""
        values = [run, name, _json(list(fingerprints)), state, utc_now()]
        self._file.write(lambda cursor: cursor.execute(_ADD_BATCH, values))
        return next(batch for batch in self.batches(run) if batch.name == name)

    def update_batch(self, run: str, name: str, state: str, *, is_collected: bool = False) -> None:
        """Write a batch's state, and when its answers were collected; `NotFound` lists the run's batches."""
        sql = "UPDATE batches SET state = ?, collected_at = ifnull(?, collected_at) WHERE run = ? AND name = ?"
        values = [state, utc_now() if is_collected else None, run, name]
        if self._file.write(lambda cursor: cursor.execute(sql, values).rowcount) == 0:
            known = ", ".join(batch.name for batch in self.batches(run)) or "none"
            raise NotFound(f"The run {run!r} has no batch {name!r}.", f"Its batches are: {known}.")

    def batches(self, run: str | None = None) -> tuple[Batch, ...]:
        """The batches of one run, or of all, in the order they were submitted."""
        sql = "SELECT * FROM batches WHERE run = ifnull(?, run) ORDER BY submitted_at, name"
        with self._file.reading() as cursor:
            rows = [as_dict(cursor, row) for row in cursor.execute(sql, [run]).fetchall()]
        return tuple(Batch(**{**row, "fingerprints": tuple(json.loads(row["fingerprints"]))}) for row in rows)


def _write_attempt(cursor: Any, attempt: Attempt, number: int | None) -> int:
    values = {name: getattr(attempt, name) for name in _COLUMNS}
    values |= {name: as_bytes(values[name]) for name in _TEXTS}
    values["started_at"] = attempt.started_at or utc_now()
    values["ended_at"] = None if attempt.outcome == IN_FLIGHT else attempt.ended_at or utc_now()
    if number is None:
        number = (
            1 + cursor.execute("SELECT ifnull(max(number), 0) FROM calls WHERE run = ?", [attempt.run]).fetchone()[0]
        )
        cursor.execute(_ADD_CALL, {**values, "number": number})
    elif cursor.execute(_END_CALL, {**values, "number": number}).rowcount == 0:
        raise NotFound(f"The run {attempt.run!r} has no call {number}.", "Begin the call before it is ended.")
    return number


def _search(run: str, purpose: str | None, outcome: str | None, text: str) -> tuple[str, dict[str, Any]]:
    """The FROM and WHERE of a search, and the values they name."""
    values: dict[str, Any] = {"run": run, "purpose": purpose, "outcome": outcome}
    if not text:
        return f"calls c WHERE {_FILTER}", values
    in_json = json.dumps(text, ensure_ascii=False)[1:-1]  # a quote or a new line in a prompt is written escaped there
    return f"{_WITH_TEXTS} WHERE {_FILTER} AND ({_LIKE})", {**values, "like": _like(text), "json_like": _like(in_json)}


def _like(text: str) -> bytes:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return as_bytes(f"%{text}%")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(**{**row, "request": json.loads(row["request"])})


def _logged_call(row: dict[str, Any]) -> LoggedCall:
    number = row.pop("number")
    return LoggedCall(number, Attempt(**{**row, "is_paid": bool(row["is_paid"])}))


_COLUMNS = tuple(field.name for field in fields(Attempt))
_TEXTS = ("purpose", "subject", "message")
_VALUES = {name: f"CAST(:{name} AS TEXT)" if name in _TEXTS else f":{name}" for name in _COLUMNS}
_ADD_CALL = f"INSERT INTO calls ({', '.join(_COLUMNS)}, number) VALUES ({', '.join(_VALUES.values())}, :number)"
_END_CALL = f"""
UPDATE calls SET {", ".join(f"{name} = {value}" for name, value in _VALUES.items() if name != "run")}
WHERE run = :run AND number = :number
"""
_INTERRUPT = f"""
UPDATE calls SET outcome = ?, ended_at = started_at, message = ?
WHERE outcome = '{IN_FLIGHT}' AND run = ifnull(?, run)
"""
_ADD_REQUEST = "INSERT OR IGNORE INTO requests VALUES (?, CAST(? AS TEXT))"
_ADD_ANSWER = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, CAST(? AS TEXT), ?, ?, ?, ?)"
_ADD_BATCH = "INSERT OR IGNORE INTO batches VALUES (?, ?, ?, ?, ?, NULL)"
_FIND = (
    "SELECT a.*, r.request FROM answers a JOIN requests r USING (fingerprint) WHERE a.fingerprint = ? AND a.again = ?"
)
_FILTER = "c.run = :run AND c.purpose = ifnull(:purpose, c.purpose) AND c.outcome = ifnull(:outcome, c.outcome)"
_WITH_TEXTS = """
calls c LEFT JOIN requests r ON r.fingerprint = c.fingerprint
LEFT JOIN answers a ON a.fingerprint = c.fingerprint AND a.again = c.again
"""
_LIKE = " OR ".join(
    f"{column} LIKE CAST(:{needle} AS TEXT) ESCAPE '\\'"
    for column, needle in (
        ("c.subject", "like"),
        ("c.message", "like"),
        ("a.reply", "like"),
        ("r.request", "json_like"),
    )
)

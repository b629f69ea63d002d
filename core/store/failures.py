"""DuckDB's exceptions, translated once: what the door may retry, and what a person is told."""

import re
from enum import StrEnum
from pathlib import Path

import duckdb

from core.errors import ValenceError, WorkspaceBusy

_SHOWN_STATEMENT = 400


class Trouble(StrEnum):
    """What a failed statement means for the caller."""

    CONFLICT = "conflict"  # another transaction changed the same rows: run the whole transaction again
    STALE = "stale"  # a duplicate key that may be newer than this transaction's snapshot: look again
    CORRUPT = "corrupt"  # a part of the file cannot be read
    FATAL = "fatal"  # DuckDB shut the database down: it must be opened again
    FINAL = "final"  # trying again would fail again


class CorruptDatabase(ValenceError):
    """The database file cannot be read; the message says where the backups are."""


class StatementFailed(ValenceError):
    """A statement the database refused; `statement` is its text, `trouble` what that means.

    With `is_commit` it is the last statement of a transaction whose commit failed.
    """

    def __init__(self, error: duckdb.Error, statement: str, *, is_commit: bool = False) -> None:
        self.is_commit = is_commit
        self.statement = " ".join(statement.split())
        self.trouble = trouble_of(error)
        self.reason = _first_paragraph(error)
        shown = self.statement[:_SHOWN_STATEMENT] + ("…" if len(self.statement) > _SHOWN_STATEMENT else "")
        refused = "did not store a change" if is_commit else "refused a statement"
        super().__init__(f"The database {refused}. {self.reason} The statement was: {shown}", _fix(error))


def trouble_of(error: duckdb.Error) -> Trouble:
    """Sort one of DuckDB's exceptions; by type where it has one, by its text where it has not."""
    text = str(error)
    if isinstance(error, (duckdb.FatalException, duckdb.InternalException)) or "has been invalidated" in text:
        return Trouble.FATAL
    if re.search(r"Corrupt database|Could not read enough bytes|does not match stored checksum", text):
        return Trouble.CORRUPT
    if isinstance(error, duckdb.TransactionException) and re.search(r"[Cc]onflict|constraint violation", text):
        return Trouble.CONFLICT
    if isinstance(error, duckdb.ConstraintException) and "Duplicate key" in text:
        return Trouble.STALE
    return Trouble.FINAL


def refused_opening(error: duckdb.Error, path: Path) -> ValenceError:
    """Say why a database file did not open: in use, not permitted, out of room, or unreadable."""
    reason = _first_paragraph(error)
    if re.search("Could not set lock|different configuration|configuration has been locked", reason):
        return WorkspaceBusy(
            f"Another program has the database file {path} open. {reason}", "Close that program and open it again."
        )
    if isinstance(error, duckdb.IOException) and re.search(r"Permission denied|Read-only|No space|too large", reason):
        return ValenceError(
            f"The database file {path} cannot be opened. {reason}", "Check the folder's permissions and free space."
        )
    return CorruptDatabase(f"The database file {path} cannot be read. {reason}")


def _first_paragraph(error: duckdb.Error) -> str:
    """DuckDB's own words without the drawing of the statement and the advice to a DBA that follow them."""
    text = " ".join(str(error).split("\n\n")[0].split())
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _fix(error: duckdb.Error) -> str:
    text = str(error)
    if trouble_of(error) is Trouble.CORRUPT:
        return "The database file is damaged: close the workspace and go back to a backup."
    if isinstance(error, duckdb.OutOfMemoryException):
        return "Ask for fewer rows at once."
    if isinstance(error, duckdb.InterruptException):
        return "Ask for fewer rows at once, or wait until the machine is less busy."
    if "No space left" in text or "too large" in text:
        return "Free some disk space and try again."
    return ""

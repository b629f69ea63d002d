"""The board's versions as rows: which splits are open for submissions, which are closed, and who did what when."""

import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import NotFound, ValenceError
from core.store.clock import utc_now
from core.store.database import Database, Transaction
from core.store.remembered import Remembered


class VersionEvent(StrEnum):
    """What was done to a version."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version; `closed_at` is empty while it is open. Instants are UTC ISO text."""

    split: str
    dataset: str
    title: str
    opened_at: str
    closed_at: str

    @property
    def is_open(self) -> bool:
        """Whether submissions are taken."""
        return not self.closed_at


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event; `number` counts from 1 in the order of happening."""

    number: int
    split: str
    event: VersionEvent
    done_by: str
    done_at: str


class VersionTable:
    """The versions of one workspace; safe from any thread, and on the disk when a writing call returns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writing = threading.RLock()
        self._rows: Remembered[None, dict[str, VersionRow]] = Remembered()  # every submission asks for its version

    def open(self, split: str, dataset: str, title: str, by: str) -> VersionRow:
        """Enter a version; one that is open already stays as it is, `ValenceError` for one that was closed."""
        with self._writing:
            known = self.find(split)
            if known and not known.is_open:
                raise ValenceError(
                    f"The version “{known.title}” was closed on {known.closed_at[:10]}, and its labels were given out.",
                    "Draw new rows with another seed and split those.",
                )
            if known:
                return known
            row = VersionRow(split, dataset, title, utc_now(), "")

            def work(tx: Transaction) -> None:
                tx.write(
                    "INSERT INTO board_versions (split, dataset, title, opened_at) VALUES (?, ?, ?, ?)",
                    [row.split, row.dataset, row.title, row.opened_at],
                )
                _add_event(tx, split, VersionEvent.OPENED, by, row.opened_at)

            with self._rows.changing():
                self._database.transaction(work)
            return row

    def close(self, split: str, by: str) -> VersionRow:
        """Close a version for good; one that is closed already stays as it is."""
        with self._writing:
            if not self.get(split).is_open:
                return self.get(split)
            at = utc_now()

            def work(tx: Transaction) -> None:
                tx.write("UPDATE board_versions SET closed_at = ? WHERE split = ?", [at, split])
                _add_event(tx, split, VersionEvent.CLOSED, by, at)

            with self._rows.changing():
                self._database.transaction(work)
            return self.get(split)

    def find(self, split: str) -> VersionRow | None:
        """The version of a split, None where it was never opened."""
        return self._by_split().get(split)

    def get(self, split: str) -> VersionRow:
        """The version of a split; `NotFound` lists those there are."""
        found = self.find(split)
        if found is None:
            known = ", ".join(f"{row.split} ({row.title})" for row in self.list()[:10])
            raise NotFound(f"There is no version {split!r} on the board.", f"Its versions: {known or 'none'}.")
        return found

    def list(self) -> tuple[VersionRow, ...]:
        """All versions, the one opened last first."""
        return tuple(self._by_split().values())

    def events(self, split: str = "") -> tuple[EventRow, ...]:
        """What was done to one version, or to all for an empty id, in the order of happening."""
        sql = (
            "SELECT number, split, event, done_by, done_at FROM board_events WHERE split = ? OR ? = '' ORDER BY number"
        )
        rows: list[dict[str, Any]] = self._database.read(sql, [split, split])
        return tuple(EventRow(**{**row, "event": VersionEvent(row["event"])}) for row in rows)

    def _by_split(self) -> dict[str, VersionRow]:
        self._database.check_open()
        return self._rows.get(None, lambda: {row["split"]: VersionRow(**row) for row in self._database.read(_SELECT)})


def _add_event(tx: Transaction, split: str, event: VersionEvent, by: str, at: str) -> None:
    [last] = tx.read("SELECT coalesce(max(number), 0) AS number FROM board_events")
    tx.write(
        "INSERT INTO board_events (number, split, event, done_by, done_at) VALUES (?, ?, ?, ?, ?)",
        [int(last["number"]) + 1, split, event.value, by, at],
    )


_SELECT = """
SELECT split, dataset, title, opened_at, closed_at FROM board_versions ORDER BY opened_at DESC, split
"""

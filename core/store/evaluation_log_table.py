"""Evaluation logs as rows: what authors say of their own runs, kept for ever as it was taken in."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.store.clock import utc_now
from core.store.database import Database, Transaction
from core.store.json_text import to_json_text


@dataclass(frozen=True, slots=True)
class NewLog:
    """A log to be kept: its content id, its JSON data, and the file and line it was found at."""

    id: str
    content: dict[str, Any]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class KeptLog:
    """A log as it was taken in: its place in the order of arrival (from 1), where it came from and when (UTC ISO)."""

    number: int
    id: str
    content: dict[str, Any]
    file: str
    line: int
    source: str
    taken_in_at: str


def keep_logs(database: Database, logs: Sequence[NewLog], source: str) -> tuple[str, ...]:
    """Store all logs in one transaction and return the ids of those that were not there yet, in order.

    `source`: through what they came. A log that is there already, or comes twice, stays as it was first taken in.
    """
    first: dict[str, NewLog] = {}
    for log in logs:
        first.setdefault(log.id, log)
    wanted = list(first.values())
    texts = {log.id: to_json_text(log.content, "The evaluation log cannot be stored") for log in wanted}
    at = utc_now()

    def work(tx: Transaction) -> tuple[str, ...]:
        ids = [log.id for log in wanted]
        known = tx.read("SELECT id FROM evaluation_logs WHERE id IN (SELECT unnest(?::VARCHAR[]))", [ids])
        there = {row["id"] for row in known}
        new = [log for log in wanted if log.id not in there]
        [last] = tx.read("SELECT coalesce(max(number), 0) AS number FROM evaluation_logs")
        if new:
            columns: dict[str, list[Any]] = {
                "number": [int(last["number"]) + place for place in range(1, len(new) + 1)],
                "id": [log.id for log in new],
                "content": [texts[log.id] for log in new],
                "file": [log.file for log in new],
                "line": [log.line for log in new],
                "source": [source] * len(new),
                "taken_in_at": [at] * len(new),
            }
            tx.append("evaluation_logs", columns)
        return tuple(log.id for log in new)

    return database.transaction(work)


def kept_logs(database: Database) -> tuple[KeptLog, ...]:
    """Every log of the workspace, in order of arrival."""
    sql = "SELECT number, id, content, file, line, source, taken_in_at FROM evaluation_logs ORDER BY number"
    return tuple(KeptLog(**{**row, "content": json.loads(row["content"])}) for row in database.read(sql))


def log_version(database: Database) -> int:
    """A number that grows with every log taken in: the key of a cache."""
    [row] = database.read("SELECT coalesce(max(number), 0) AS number FROM evaluation_logs")
    return int(row["number"])

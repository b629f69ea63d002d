"""Background work as rows: what was asked, how far it came, how it ended."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from core.errors import NotFound, ValenceError
from core.progress import Progress
from core.store.clock import next_instant_us, utc_now
from core.store.database import Database, Transaction
from core.store.json_text import to_json_text

RESUME = "Resume it to run it again with the same parameters."

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no letter is mistaken for a digit


class JobState(StrEnum):
    """Where a job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    PAUSED = "paused"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to the job by itself."""
        return self not in (JobState.QUEUED, JobState.RUNNING)

    @property
    def is_resumable(self) -> bool:
        """Whether the job may be started again."""
        return self in (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED, JobState.PAUSED)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of background work, as last written. Times are UTC ISO text; `error` and `fix` are for people."""

    id: str
    action: str
    title: str
    parameters: dict[str, Any]
    state: JobState
    done: int
    total: int
    note: str
    error: str
    fix: str
    result: dict[str, Any]
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: the state, the sentences for people, and the result of one that is done."""

    state: JobState
    error: str = ""
    fix: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


class JobTable:
    """The jobs of one workspace. Every change of state names the states it may start from, so no two can both win."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, action: str, title: str, parameters: Mapping[str, Any], key: str | None = None) -> Job:
        """A new queued job, or the one that the same `key` made before; `InvalidInput` when parameters are not JSON."""
        text = to_json_text(dict(parameters), f"parameters of {action}")
        to_json_text(title, f"title of {action}")
        new_id = new_job_id()

        def work(tx: Transaction) -> str:
            known = tx.read("SELECT id, action, parameters FROM jobs WHERE submit_key = ?", [key]) if key else []
            if not known:
                row = [new_id, key, action, title or action, text, JobState.QUEUED, utc_now()]
                tx.write(_INSERT, row)
                return new_id
            if (known[0]["action"], json.loads(known[0]["parameters"])) != (action, json.loads(text)):
                raise ValenceError(f"The key {key!r} belongs to another job ({known[0]['id']}).", "Use a new key.")
            return str(known[0]["id"])

        return self.get(self._database.transaction(work))

    def get(self, job_id: str) -> Job:
        """The job; `NotFound` lists the latest ones."""
        rows = self._database.read(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", [job_id])
        if not rows:
            latest = ", ".join(f"{job.id} ({job.title})" for job in self.list(10)) or "none yet"
            raise NotFound(f"There is no job {job_id!r}.", f"The latest jobs are: {latest}.")
        return _job(rows[0])

    def list(self, limit: int = 50) -> tuple[Job, ...]:
        """The newest jobs first, at most `limit` of them."""
        rows = self._database.read(f"SELECT {_COLUMNS} FROM jobs ORDER BY id DESC LIMIT ?", [limit])
        return tuple(_job(row) for row in rows)

    def start(self, job_id: str) -> bool:
        """Queued to running; False when it is not queued any more."""
        sql = "UPDATE jobs SET state = ?, started_at = ? WHERE id = ? AND state = ?"
        return self._database.write(sql, [JobState.RUNNING, utc_now(), job_id, JobState.QUEUED]) == 1

    def report(self, job_id: str, progress: Progress) -> None:
        """Write how far a running job has come."""
        sql = "UPDATE jobs SET done = ?, total = ?, note = ? WHERE id = ? AND state = ?"
        self._database.write(sql, [progress.done, progress.total, progress.note, job_id, JobState.RUNNING])

    def end(self, job_id: str, ending: Ending, progress: Progress | None = None) -> bool:
        """Close a queued or running job, with its last progress; False when it was over already."""
        sql = """
            UPDATE jobs SET state = ?, error = ?, fix = ?, result = ?, finished_at = ?,
                done = coalesce(?, done), total = coalesce(?, total), note = coalesce(?, note)
            WHERE id = ? AND state IN (?, ?)
        """
        result = to_json_text(dict(ending.result), f"result of job {job_id}")
        row = [ending.state, ending.error, ending.fix, result, utc_now(), *(progress or (None, None, None)), job_id]
        return self._database.write(sql, [*row, JobState.QUEUED, JobState.RUNNING]) == 1

    def requeue(self, job_id: str) -> Job:
        """Put an interrupted, paused, failed or cancelled job back into the queue: same parameters, next attempt."""
        job = self.get(job_id)
        resumable = [str(state) for state in JobState if state.is_resumable]
        sql = """
            UPDATE jobs SET state = ?, attempt = attempt + 1, done = 0, total = 0, note = '', error = '', fix = '',
                result = '{}', started_at = NULL, finished_at = NULL
            WHERE id = ? AND list_contains(?::VARCHAR[], state)
        """
        if self._database.write(sql, [JobState.QUEUED, job_id, resumable]) == 0:
            raise ValenceError(
                f"The job {job.title!r} ({job_id}) is {self.get(job_id).state} and cannot be resumed.",
                f"Only a job that is {', '.join(resumable[:-1])} or {resumable[-1]} can.",
            )
        return self.get(job_id)

    def interrupt(self, states: Iterable[JobState], error: str) -> int:
        """Mark every job in one of `states` as interrupted, and count them."""
        wanted = [str(state) for state in states]
        sql = """
            UPDATE jobs SET state = ?, error = ?, fix = ?, finished_at = ? WHERE list_contains(?::VARCHAR[], state)
        """
        return self._database.write(sql, [JobState.INTERRUPTED, error, RESUME, utc_now(), wanted])


def new_job_id() -> str:
    """Fourteen characters that sort by time of creation: eleven of microseconds, three of chance."""
    instant, digits = next_instant_us(), ""
    for _ in range(11):
        instant, digit = divmod(instant, 32)
        digits = _BASE32[digit] + digits
    return digits + "".join(secrets.choice(_BASE32) for _ in range(3))


def _job(row: Mapping[str, Any]) -> Job:
    parsed = {"parameters": json.loads(row["parameters"]), "result": json.loads(row["result"])}
    return Job(**{**row, **parsed, "state": JobState(row["state"])})


_COLUMNS = ", ".join(column.name for column in fields(Job))
_INSERT = """
INSERT INTO jobs (id, submit_key, action, title, parameters, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
"""

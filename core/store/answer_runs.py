"""What a run has spent and met, counted from its calls."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.store.answer_rows import ANSWERED, CACHED, IN_FLIGHT, INTERRUPTED, RunSummary, Spent

_NO_ERRORS = f"('{ANSWERED}', '{CACHED}', '{IN_FLIGHT}', '{INTERRUPTED}')"

_TOTALS = f"""
SELECT
    ifnull(sum(is_paid), 0) AS n_calls,
    ifnull(sum(is_paid AND input_tokens + output_tokens IS NULL), 0) AS n_unmeasured,
    ifnull(sum(charged_input_tokens), 0) AS input_tokens,
    ifnull(sum(charged_output_tokens), 0) AS output_tokens,
    CASE WHEN sum(is_paid AND cost IS NULL) > 0 THEN NULL ELSE total(cost) END AS cost,
    ifnull(sum(is_paid AND ended_at >= :a_minute_ago), 0) AS n_last_minute
FROM calls WHERE run = :run AND outcome <> '{IN_FLIGHT}'
"""
_FRAME = f"""
SELECT
    ifnull(sum(outcome = '{CACHED}'), 0) AS n_cached,
    ifnull(sum(outcome = '{IN_FLIGHT}'), 0) AS n_in_flight,
    ifnull(min(started_at), '') AS first_at,
    ifnull(max(ifnull(ended_at, started_at)), '') AS last_at
FROM calls WHERE run = :run
"""
_ERRORS = f"""
SELECT outcome, count(*) FROM calls WHERE run = :run AND outcome NOT IN {_NO_ERRORS} GROUP BY outcome ORDER BY 2 DESC, 1
"""
_PURPOSES = "SELECT purpose, count(*) FROM calls WHERE run = :run GROUP BY purpose ORDER BY min(number)"
_NAMES = "SELECT run FROM calls GROUP BY run ORDER BY min(started_at) DESC, run"

_SPENT = f"""
SELECT
    ifnull(sum(is_paid), 0) AS n_calls,
    ifnull(sum(outcome = '{CACHED}'), 0) AS n_cached,
    ifnull(sum(charged_input_tokens), 0) AS input_tokens,
    ifnull(sum(charged_output_tokens), 0) AS output_tokens,
    total(cost) AS cost,
    ifnull(sum((cost IS NULL) * charged_input_tokens), 0) AS unpriced_input_tokens,
    ifnull(sum((cost IS NULL) * charged_output_tokens), 0) AS unpriced_output_tokens
FROM calls WHERE run = :run
"""


def run_names(cursor: sqlite3.Cursor) -> tuple[str, ...]:
    """Every run that made a call, the latest begun first."""
    return tuple(row[0] for row in cursor.execute(_NAMES).fetchall())


def run_summary(cursor: sqlite3.Cursor, run: str, now: str) -> RunSummary:
    """Count one run's calls; `now` is UTC ISO text."""
    a_minute_ago = (datetime.fromisoformat(now) - timedelta(seconds=60)).isoformat(timespec="microseconds")
    values = {"run": run, "a_minute_ago": a_minute_ago.replace("+00:00", "Z")}
    return RunSummary(
        run=run,
        **_row(cursor, _TOTALS, values),
        **_row(cursor, _FRAME, values),
        n_errors_by_kind=dict(cursor.execute(_ERRORS, values).fetchall()),
        n_calls_by_purpose=dict(cursor.execute(_PURPOSES, values).fetchall()),
    )


def run_spent(cursor: sqlite3.Cursor, run: str) -> Spent:
    """Add up what one run was charged, calls in flight at their worst case."""
    return Spent(**_row(cursor, _SPENT, {"run": run}))


def _row(cursor: sqlite3.Cursor, sql: str, values: Mapping[str, Any]) -> dict[str, Any]:
    row = cursor.execute(sql, values).fetchone()
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}

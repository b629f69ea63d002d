"""Cached reads of recorded runs and their calls."""

from typing import Any

import streamlit as st

from app.services import workbench
from core.store.answer_rows import CallPage, LoggedCall, RunSummary
from core.workflows.run_calls import CallSearch, failed_tries, find_calls


def run_summaries(workspace: str) -> tuple[RunSummary, ...]:
    """What every run has spent and met; counted anew as soon as the answer log has changed on the disk."""
    path = workbench().open(workspace).workspace.answers.path
    files = (path, path.with_name(f"{path.name}-wal"))
    seen = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.exists())
    return _run_summaries(workspace, seen)


@st.cache_data(show_spinner="Counting the calls of every run", max_entries=8)
def _run_summaries(workspace: str, seen: tuple[tuple[int, int], ...]) -> tuple[RunSummary, ...]:  # noqa: ARG001 - key
    return workbench().open(workspace).workspace.answers.runs()


def run_calls(workspace: str, run: str, ended_at: str, search: CallSearch, offset: int, limit: int) -> CallPage:
    """A page of a run's calls, newest first; read anew each time for a run that goes on (`ended_at` empty)."""
    if ended_at:
        return _ended_run_calls(workspace, run, ended_at, search.model_dump(), offset, limit)
    return find_calls(workbench().open(workspace).workspace.answers, run, search, offset, limit)


@st.cache_data(show_spinner=False, max_entries=64)
def _ended_run_calls(
    workspace: str,
    run: str,
    ended_at: str,  # noqa: ARG001 - part of the key: a run that was resumed has ended anew
    search: dict[str, Any],
    offset: int,
    limit: int,
) -> CallPage:
    log = workbench().open(workspace).workspace.answers
    return find_calls(log, run, CallSearch.model_validate(search), offset, limit)


def run_failed_tries(workspace: str, run: str, number: int, kinds: tuple[str, ...]) -> tuple[LoggedCall, ...]:
    """The attempts of a run at the question of call `number` that ended in one of `kinds`, the oldest first."""
    log = workbench().open(workspace).workspace.answers
    return failed_tries(log, log.call(run, number), kinds)

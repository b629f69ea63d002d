"""The last jobs of the workspace: how each ended, when, how long it took, and where its result is."""

from datetime import UTC, datetime

import streamlit as st

from app.components.failure import show_failure
from app.components.job_panel import ACTIVE, RESUMABLE, job_panel, state_text
from app.components.moments import duration_text, reader_zone, when_text
from app.components.open_with import open_with
from app.components.plain_text import plain
from app.services import current
from core.errors import ValenceError
from core.jobs import Job, JobState

_SHOWN, _MOST = 6, 50
_WHAT_PX = 520  # what was done and when; the way to its result goes below where there is less room
_RESULT_PAGES = {"dataset": ("datasets", "Open the dataset"), "graph": ("graph", "Open the graph")}


def recent_jobs() -> None:
    """The newest jobs, those that run now or were interrupted in full; more on demand."""
    jobs = current().jobs.list(_MOST)
    if not jobs:
        st.caption("No jobs yet. Building a graph or drawing rows runs in the background and appears here.")
        return
    for job in jobs[: _MOST if st.session_state.get("all-jobs") else _SHOWN]:
        if job.state in (*ACTIVE, JobState.INTERRUPTED):
            job_panel(job.id)
        else:
            _row(job)
    if len(jobs) > _SHOWN:
        st.toggle(f"Show the last {len(jobs)} jobs", key="all-jobs", persist_state="session")


def _row(job: Job) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(width=_WHAT_PX, gap="xxsmall"):
                st.markdown(f"{state_text(job)} · **{plain(job.title)}**")
                took = duration_text(job.started_at, job.finished_at)
                moment = when_text(job.finished_at or job.created_at, datetime.now(UTC), reader_zone())
                st.caption(f"{moment} · took {took}" if took else moment)
            _action(job)
        if job.state is JobState.FAILED:
            st.caption(f":red[{plain(job.error)}] {plain(job.fix)}")


def _action(job: Job) -> None:
    if job.state in RESUMABLE:
        if st.button("Run again", key=f"again-{job.id}", icon=":material/replay:"):
            _run_again(job)
        return
    kind = next((kind for kind in _RESULT_PAGES if kind in job.result), "")
    if not kind:
        return
    url_path, label = _RESULT_PAGES[kind]
    if not current().workspace.artefacts.exists(kind, job.result[kind]):
        st.caption(f"The {kind} was deleted since.")
    elif st.button(label, key=f"result-{job.id}", icon=":material/arrow_forward:"):
        open_with(url_path, **{kind: job.result[kind]})


def _run_again(job: Job) -> None:
    try:
        current().jobs.resume(job.id)
    except ValenceError as error:
        show_failure(error)
        return
    st.rerun()

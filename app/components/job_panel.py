"""A job as people see it: what it does, how far it is, and the one thing they can do about it now."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime

import streamlit as st

from app.components.failure import show_failure
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.components.runs.live import is_paid_run, live_figures
from app.services import current
from app.state import Selection, current_selection, select
from core.errors import ValenceError
from core.jobs import Job, JobState

_ICONS = {
    JobState.QUEUED: ":material/schedule:",
    JobState.RUNNING: ":material/progress_activity:",
    JobState.DONE: ":material/check_circle:",
    JobState.FAILED: ":material/error:",
    JobState.CANCELLED: ":material/cancel:",
    JobState.INTERRUPTED: ":material/power_off:",
    JobState.PAUSED: ":material/pause_circle:",
}
ACTIVE = (JobState.QUEUED, JobState.RUNNING)
RESUMABLE = tuple(state for state in JobState if state.is_resumable)
_GOES_ON = (JobState.INTERRUPTED, JobState.PAUSED)  # states after which going on is what people expect


def job_panel(job_id: str, action: str = "") -> Job | None:
    """Show one job; while it is active the panel refreshes itself once a second and reruns the page when it ends.

    Returns the job as it is now, or None for an id this workspace does not know (a stale link) and, when
    `action` is given, for a job of another action, which is not shown.
    """
    try:
        job = current().jobs.get(job_id)
    except ValenceError:
        st.info("The job this link points to is not in this workspace.", icon=":material/link_off:")
        return None
    if action and job.action != action:
        return None
    if job.state in ACTIVE:
        _live_panel(job_id)
    else:
        _ended_panel(job)
    return job


def watched_job(action: str) -> None:
    """Show the selected job, or one under way in another session, and select what the selected one made once done.

    Of a result only the ids are selected; what else it holds is for the page to show.
    A finished job leaves the selection, so that a link or a refresh later shows its result and not its progress.
    """
    own, job_id = current_selection().job, watched_id(action)
    job = job_panel(job_id, action) if job_id else None
    if job and job.state is JobState.DONE and job_id == own:
        known = {field.name for field in fields(Selection)}
        select(**{kind: id for kind, id in job.result.items() if kind in known} | {"job": ""})
        give_notice(f"Done: {plain(job.title)}", icon=":material/check_circle:")


def watched_id(action: str) -> str:
    """The selected job, or one of this action that is under way for another session of the workspace."""
    active = (job.id for job in current().jobs.list() if job.action == action and job.state in ACTIVE)
    return current_selection().job or next(active, "")


def state_text(job: Job) -> str:
    """The state as a word with its icon."""
    return f"{_ICONS[job.state]} {job.state.value.capitalize()}"


@st.fragment(run_every=1.0)
def _live_panel(job_id: str) -> None:
    held = current()
    job = held.jobs.get(job_id)
    if job.state not in ACTIVE:
        st.rerun()
    with st.container(border=True):
        share = job.done / job.total if job.total else 0.0
        is_stopping = held.jobs.is_stopping(job_id)
        st.progress(min(share, 1.0), text=f"**{plain(job.title)}** · {share:.0%} · {_note(job, is_stopping)}")
        if is_paid_run(job):
            live_figures(job)
        with st.container(horizontal=True, vertical_alignment="center"):
            if is_paid_run(job):
                st.button(
                    "Pause",
                    key=f"pause-{job_id}",
                    icon=":material/pause:",
                    on_click=_attempt,
                    args=(held.jobs.pause, job_id),
                    disabled=is_stopping,
                    help="Stops and keeps every answer. Resume goes on from there and pays for nothing twice.",
                )
            st.button(
                "Cancel",
                key=f"cancel-{job_id}",
                icon=":material/stop_circle:",
                on_click=_attempt,
                args=(held.jobs.cancel, job_id),
                disabled=is_stopping,
            )
            st.caption("You can leave this page or refresh it; the work goes on.")


def _note(job: Job, is_stopping: bool) -> str:
    if is_stopping:
        return "Stopping at the next step"
    if job.state is JobState.QUEUED:
        return "Waiting for a free worker"
    return plain(job.note) or "Getting ready"


def _ended_panel(job: Job) -> None:
    with st.container(border=True):
        st.markdown(f"{state_text(job)} · **{plain(job.title)}**{_duration(job)}")
        if job.state is JobState.FAILED:
            st.error(plain(f"{job.error} {job.fix}".strip()), icon=":material/error:")
        if job.state is JobState.INTERRUPTED:
            st.warning("The server stopped while this was running. Nothing is damaged; resume to finish it.")
        is_kept = is_paid_run(job) and job.state in RESUMABLE
        if is_kept:
            live_figures(job)
            st.caption("Every answer so far is kept: going on asks only what is left, and pays for nothing twice.")
        if job.state in RESUMABLE:
            st.button(
                "Resume" if job.state in _GOES_ON or is_kept else "Run again",
                key=f"resume-{job.id}",
                icon=":material/replay:",
                type="primary",
                on_click=_attempt,
                args=(current().jobs.resume, job.id),
            )


def _attempt(act: Callable[[str], object], job_id: str) -> None:
    """Act on a job; one that ended a moment ago in another session says so instead of failing."""
    try:
        act(job_id)
    except ValenceError as error:
        show_failure(error)


def _duration(job: Job) -> str:
    if not (job.started_at and job.finished_at):
        return ""
    seconds = (_time(job.finished_at) - _time(job.started_at)).total_seconds()
    return f" · {seconds:.1f} s" if seconds < 60 else f" · {seconds / 60:.1f} min"


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

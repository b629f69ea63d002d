"""The lab's jobs: those that run or wait, each with its progress, and those that did not finish."""

import streamlit as st

from app.components.job_panel import ACTIVE, RESUMABLE, job_panel
from app.services import current
from core.jobs import Job
from core.workflows.tabular_synthesis import FIT_SYNTHESIZER, SAMPLE_SYNTHETIC

_MAKING = (FIT_SYNTHESIZER, SAMPLE_SYNTHETIC)
_JOBS_LOOKED_AT = 200
_MOST_SHOWN = 8
_LATEST = 20  # among so many of the latest jobs, those that did not finish are shown


def jobs_under_way() -> None:
    """Every fit and sampling under way in this workspace, whoever started it, and the latest that did not finish."""
    jobs = [job for job in current().jobs.list(_JOBS_LOOKED_AT) if job.action in _MAKING]
    active = [job for job in jobs if job.state in ACTIVE]
    for job in reversed(active[-_MOST_SHOWN:]):
        job_panel(job.id)
    if len(active) > _MOST_SHOWN:
        st.caption(f"{len(active) - _MOST_SHOWN:,} more wait for a free worker.")
    unfinished = [job for job in jobs[:_LATEST] if job.state in RESUMABLE and not _is_repeated(job, jobs)]
    if unfinished:
        if unfinished[0] is jobs[0]:
            job_panel(unfinished.pop(0).id)
        _earlier(unfinished[:_MOST_SHOWN])


def _earlier(unfinished: list[Job]) -> None:
    """Folded away: whoever goes on with something else need not scroll past old failures."""
    if unfinished:
        label = f"{len(unfinished)} earlier job{'s'[: len(unfinished) > 1]} did not finish"
        with st.expander(label, icon=":material/error:"):
            for job in unfinished:
                job_panel(job.id)


def is_under_way(parameters: dict[str, object]) -> bool:
    """Whether a job of these very parameters runs or waits."""
    jobs = current().jobs.list(_JOBS_LOOKED_AT)
    return any(job.parameters == parameters for job in jobs if job.action in _MAKING and job.state in ACTIVE)


def _is_repeated(job: Job, jobs: list[Job]) -> bool:
    """Whether the same was asked for again later: then that job tells how it went."""
    later = jobs[: jobs.index(job)]
    return any(other.parameters == job.parameters for other in later)

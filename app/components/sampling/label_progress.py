"""How far each label of a dataset has come while its rows are drawn."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from app.components.job_panel import ACTIVE
from app.components.plain_text import plain
from app.services import current
from core.errors import ValenceError
from core.jobs import Job
from core.sampler.configuration import parse_config


class LabelProgress(NamedTuple):
    """Rows of one label that have been worked through; a label that could not be met counts as worked through."""

    label: str
    done: int
    total: int


def label_progress(parameters: Mapping[str, Any], done: int) -> tuple[LabelProgress, ...]:
    """Split a dataset job's count of rows over its labels, which are drawn one after the other."""
    found = []
    for label, params in parse_config(parameters["config"]).label_params.items():
        here = min(max(done, 0), params.num_samples)
        found.append(LabelProgress(label, here, params.num_samples))
        done -= here
    return tuple(found)


def watched_labels(job_id: str, action: str) -> None:
    """A bar per label while the job of that action is active; nothing otherwise."""
    try:
        job = current().jobs.get(job_id)
    except ValenceError:
        return  # a stale link; the job panel says so
    if job.action == action and job.state in ACTIVE:
        _live_bars(job_id)


@st.fragment(run_every=1.0)
def _live_bars(job_id: str) -> None:
    job: Job = current().jobs.get(job_id)
    if job.state not in ACTIVE:
        return  # the job panel is about to redraw the page
    labels = label_progress(job.parameters, job.done)
    with st.grid(min(len(labels), 4)):
        for label, done, total in labels:
            st.progress(done / total, text=f"{plain(label)} · {done:,} of {total:,} rows")
    st.caption("Labels are drawn one after the other. One that cannot be met is named when the job is over.")

"""A training under way: how far it is, its curves as they grow, and the way to stop it."""

from collections.abc import Sequence

import streamlit as st

from app.components.job_panel import watched_id, watched_job
from app.components.models.curve_charts import curve_chart, curve_groups
from app.components.models.train import trainings_under_way
from app.components.plain_text import plain
from app.services import current
from app.theme import CHART_CONFIG
from core.jobs import JobState
from core.models.report import CurveLine
from core.workflows.training import TRAIN_MODEL, live_curve


def training_progress() -> None:
    """The selected training, or one under way in another session, with its curves; others wait below."""
    watched_job(TRAIN_MODEL)
    shown = watched_id(TRAIN_MODEL)
    others = [job for job in trainings_under_way() if job.id != shown]
    if shown and any(job.id == shown for job in trainings_under_way()):
        _live_curves(shown)
    for job in others[:3]:
        waits = " waits for a free worker" if job.state is JobState.QUEUED else " is under way too"
        st.caption(f":material/hourglass_top: **{plain(job.title)}**{waits}.")


@st.fragment(run_every=2.0)
def _live_curves(job_id: str) -> None:
    """The curves so far; where there is no measure yet, nothing."""
    curve = live_curve(current().workspace, job_id)
    if curve:
        learning_curves(curve, f"live-{job_id}")


def learning_curves(curve: Sequence[CurveLine], key: str) -> None:
    """A chart for each kind of measure."""
    groups = curve_groups(curve)
    if not groups:
        return
    for column, group in zip(st.columns(max(len(groups), 2)), groups, strict=False):
        with column:
            st.markdown(f"**{plain(group.title)}**", help=group.help or None)
            st.plotly_chart(
                curve_chart(curve, group),
                config=CHART_CONFIG,
                key=f"models-curve-{key}-{group.title}",
                alt=f"{group.title} over the time of the training",
            )

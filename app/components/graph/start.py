"""Starting a run: the button with what it will do, and why it cannot start yet."""

import streamlit as st

from app.components.failure import show_failure
from app.components.graph.cost_comparison import STRATEGY_NAMES, Plan, is_exact_cost
from app.components.graph.judge_picker import JudgeChoice
from app.components.job_panel import ACTIVE
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_settings import GraphSettings

ACTION = "build_graph"


def start_graph(catalogue: Artefact, plan: Plan, judge: JudgeChoice) -> None:
    """Build with the chosen strategy; disabled while something has to be corrected or a run is under way."""
    problem, is_running = _obstacle(plan, judge), is_building()
    with st.container(horizontal=True, vertical_alignment="center"):
        is_clicked = st.button(
            "Build the graph",
            type="primary",
            icon=":material/hub:",
            key="build-the-graph",
            disabled=bool(problem) or is_running,
        )
        if is_running:
            st.caption("A graph is being built: see below.")
        elif problem:
            st.caption(f":red[{problem}]")
        elif plan.cost:
            how = "" if is_exact_cost(plan.cost) else "about "
            calls = f"{how}{plan.cost.calls:,} calls"
            st.caption(f"{STRATEGY_NAMES[plan.strategy]} · {plain(judge.title)} · {calls}")
    if is_clicked and plan.settings:
        submit_graph(catalogue.id, plan.settings, f"{catalogue.manifest.title} · {_by(plan.settings, judge.title)}")


def submit_graph(catalogue_id: str, settings: GraphSettings, title: str) -> None:
    """Queue a run and watch it."""
    parameters = {CATALOGUE: catalogue_id, "settings": settings.model_dump(mode="json"), "title": title}
    try:
        job_id = current().jobs.submit(ACTION, parameters, title=f"Build graph: {title}")
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job_id)
    st.rerun()  # so that nothing above offers to start what is under way


def is_building() -> bool:
    """Whether a graph of this workspace is being built, in whichever session."""
    return any(job.action == ACTION and job.state in ACTIVE for job in current().jobs.list())


def _by(settings: GraphSettings, judge: str) -> str:
    return f"{STRATEGY_NAMES[settings.strategy]} · {judge}"


def _obstacle(plan: Plan, judge: JudgeChoice) -> str:
    """Why the run cannot start, as one sentence; empty where it can."""
    if not judge.is_ready:
        return "The model cannot be asked yet: see above what it needs."
    if plan.settings is None:
        return "Correct what is marked above first."
    if plan.cost is None:
        return "This strategy cannot be used here: see its card above."
    return ""

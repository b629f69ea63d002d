"""Preparing clusters: who describes, names and scores, how clusters are found, what it costs, and the button."""

import streamlit as st

from app import queries
from app.components.clusters.gaps import Gap
from app.components.failure import show_failure
from app.components.graph import form_knobs as knobs
from app.components.graph.form import settings_of_form
from app.components.graph.judge_picker import JudgeChoice, judge_picker
from app.components.graph.parts import pick_prompts
from app.components.job_panel import ACTIVE
from app.components.knobs import draw_knobs
from app.components.llm.budget_form import budget_form
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.estimate import ClusterEstimate
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_settings import GraphSettings, Strategy

ACTION = "prepare_clusters"

_STAGE_NAMES = {Stage.DESCRIBE: "describing attributes", Stage.LABEL: "naming clusters", Stage.SCORE: "scoring"}


def prepare_afresh(catalogue: Artefact) -> JudgeChoice:
    """The form and the button to prepare clusters of a catalogue from nothing; returns who answers."""
    st.markdown(
        "Every attribute gets a description. Attributes of one modality that are alike become a cluster, each "
        "cluster gets a name, and clusters of different modalities are scored with each other from 0 to 10."
    )
    judge = _who(catalogue)
    with st.expander("How clusters are found and described", icon=":material/tune:"):
        _more(judge)
    _start(catalogue, judge, "", catalogue.manifest.title, "Prepare clusters")
    return judge


def prepare_anew(catalogue: Artefact, version: Artefact, gap: Gap | None) -> None:
    """One form for both: what a version lacks, and clusters from nothing."""
    if gap:
        st.markdown(f":material/pending_actions: **{gap.what}**")
        rest = st.container()
    judge = prepare_afresh(catalogue)
    if gap:
        with rest:
            _start(catalogue, judge, version.id, version.manifest.title, gap.button)


def prepare_rest(catalogue: Artefact, version: Artefact, gap: Gap | None) -> None:
    """What a version lacks and the button to have it made; all that is there is kept. Nothing where nothing lacks."""
    if gap is None:
        return
    with st.container(border=True):
        st.markdown(f":material/pending_actions: **{gap.what}** What is there is kept, edits by hand included.")
        start = st.container()  # above the form, whose values it starts with
        with st.expander("Who answers, and how", icon=":material/tune:"):
            judge = _who(catalogue)
            _more(judge)
        with start:
            _start(catalogue, judge, version.id, version.manifest.title, gap.button)


def is_preparing() -> bool:
    """Whether clusters of this workspace are being prepared, in whichever session."""
    return any(job.action == ACTION and job.state in ACTIVE for job in current().jobs.list())


def _who(catalogue: Artefact) -> JudgeChoice:
    judge = judge_picker(catalogue.id)
    budget_form(judge)
    return judge


def _start(catalogue: Artefact, judge: JudgeChoice, version: str, title: str, label: str) -> None:
    """The button beside what it will cost; it starts from a version, or afresh for an empty id."""
    try:
        settings = settings_of_form(Strategy.CLUSTER, judge, catalogue.id).model_copy(update={"stages": version})
        estimate = queries.preparation_calls(current_selection().workspace, catalogue.id, version, settings)
    except ValenceError as error:
        show_failure(error)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        is_busy = is_preparing()
        is_clicked = st.button(
            label,
            type="primary",
            icon=":material/bubble_chart:",
            key=f"prepare-{version[:8] or 'afresh'}",
            disabled=is_busy or not judge.is_ready,
        )
        st.caption("Clusters are being prepared: see above." if is_busy else _cost(estimate, judge))
    if is_clicked:
        _submit(catalogue.id, settings, title)


def _submit(catalogue_id: str, settings: GraphSettings, title: str) -> None:
    parameters = {CATALOGUE: catalogue_id, "settings": settings.model_dump(mode="json"), "title": title}
    try:
        job = current().jobs.submit(ACTION, parameters, title=f"Prepare clusters: {title}")
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job)
    st.rerun()


def _more(judge: JudgeChoice) -> None:
    draw_knobs(knobs.WRITING)
    if judge.model is not None:
        pick_prompts(st.container())
    st.markdown("**Finding clusters**")
    draw_knobs(knobs.GROUPS)
    st.markdown("**Condensing descriptions before clusters are found**")
    draw_knobs(knobs.UMAP)


def _cost(estimate: ClusterEstimate, judge: JudgeChoice) -> str:
    """Calls of the stages before any pair of attributes is asked."""
    ahead = [stage for stage in estimate.stages if stage.stage in _STAGE_NAMES and stage.high]
    if not ahead:
        return "No call is needed."
    low, expected, high = (sum(getattr(stage, name) for stage in ahead) for name in ("low", "expected", "high"))
    is_exact = low == high
    total = f"{'' if is_exact else 'About '}{expected:,} call{'s'[: expected != 1]}"
    within = "" if is_exact else f", between {low:,} and {high:,}"
    parts = ", ".join(f"{'' if s.is_exact else 'about '}{s.expected:,} for {_STAGE_NAMES[s.stage]}" for s in ahead)
    by = f"{plain(judge.model.model)} answers." if judge.model else "The rules answer them here, free of charge."
    if len(ahead) == 1:
        return f"{total} for {_STAGE_NAMES[ahead[0].stage]}{within}. {by}"
    return f"{total}{within}: {parts}. {by}"

"""What a person should know, and can do, about a graph whose run ended early or left pairs without an answer."""

from typing import Any, Final

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.graph.form import in_form_words
from app.components.graph.judge_picker import judge_name
from app.components.graph.outcome_metrics import count_of
from app.components.graph.start import is_building, submit_graph
from app.components.plain_text import plain
from app.state import current_selection
from core.errors import ValenceError
from core.graph.model import Outcome
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_settings import GraphSettings, Strategy
from core.workflows.stages import STAGES

_LIMITS: Final = {
    "max_calls": ("More paid calls", 1),
    "max_tokens": ("More tokens", 10_000),
    "max_cost": ("More money", 0.5),
}


def run_notices(graph: Artefact) -> None:
    """Warnings of the run, why it stopped early with the way on, and pairs without an answer with theirs."""
    facts = graph.manifest.facts
    for warning in facts.get("warnings", []):
        st.warning(plain(warning), icon=":material/warning:")
    settings = stored_settings(graph)
    if settings is None:
        return
    stopped, adaptive = facts.get("stopped", ""), facts.get("report", {}).get("adaptive") or {}
    if stopped and adaptive.get("is_target_reached"):
        st.success(plain(in_form_words(stopped)), icon=":material/flag:")
    elif stopped:
        _stopped(graph, settings, stopped)
    _unresolved(graph, settings)


def stored_settings(graph: Artefact) -> GraphSettings | None:
    """The settings of a stored run; None for an upload, and for a graph that another version of Valence made."""
    try:
        return GraphSettings.model_validate(graph.manifest.facts["settings"])
    except (KeyError, ValueError):
        return None


def _stopped(graph: Artefact, settings: GraphSettings, stopped: str) -> None:
    with st.container(border=True):
        st.warning(
            f"**This run ended early, so pairs are missing.** {plain(in_form_words(stopped))}",
            icon=":material/hourglass_bottom:",
        )
        limits = {name: value for name, value in settings.budget.model_dump().items() if value is not None}
        own_limit = settings.adaptive.max_calls if settings.strategy is Strategy.ADAPTIVE else None
        more: dict[str, Any] = {}
        line = st.container(horizontal=True, vertical_alignment="bottom")
        for name, value in limits.items():
            label, step = _LIMITS[name]
            more[name] = line.number_input(
                label,
                min_value=type(value)(0),
                value=value,
                step=step,
                key=f"more-{name}-{graph.id}",
                help="Beside what was spent. Answers that are in the log are free and do not count.",
                width=180,
            )
        most = None
        if own_limit is not None:
            most = line.number_input(
                "Calls of the strategy, at most",
                min_value=own_limit,
                value=2 * own_limit,
                key=f"most-{graph.id}",
                help="In all, with those that were made.",
                width=220,
            )
        if line.button(
            "Continue with a higher limit" if limits or own_limit is not None else "Run it again",
            key=f"continue-{graph.id}",
            icon=":material/play_arrow:",
            type="primary",
            disabled=is_building(),
        ):
            _submit(graph, _continued(graph, settings, more, most))
        st.caption("Going on makes a new graph; this one stays. Nothing is paid for twice.")


def _continued(graph: Artefact, settings: GraphSettings, more: dict[str, Any], most: int | None) -> GraphSettings:
    """The same run with other limits, from the clusters it had prepared."""
    data = settings.model_dump()
    data["budget"] |= more
    data["stages"] = graph.manifest.parents.get(STAGES, settings.stages)
    if most is not None:
        data["adaptive"]["max_calls"] = most
    return GraphSettings.model_validate(data)


def _unresolved(graph: Artefact, settings: GraphSettings) -> None:
    """Pairs that were asked without a usable answer: listed on the Edges page, asked again from here."""
    n = count_of(queries.statistics(current_selection().workspace, graph.id).total, Outcome.UNRESOLVED)
    if not n or settings.model is None:
        return
    with st.container(border=True):
        st.markdown(
            f":material/help: **{n:,} pair{'s' if n > 1 else ''} got no usable answer.** They count as neither "
            "+ nor − nor 0. Below, under Examples, “No answer” shows why; the Edges page lists them all."
        )
        if settings.strategy is Strategy.BRUTE_FORCE:
            again, label, told = _asked_again(graph, settings), "Ask these again", _cost_of(graph, settings)
            if told is None:
                return
        else:
            again, label = settings, "Run it again"
            told = "Calls that failed are asked again; every answer in the log is free. What the model left out stays."
        with st.container(horizontal=True, vertical_alignment="center"):
            is_clicked = st.button(label, key=f"again-{graph.id}", icon=":material/replay:", disabled=is_building())
            st.caption(told)
        if is_clicked:
            _submit(graph, again)


def _asked_again(graph: Artefact, settings: GraphSettings) -> GraphSettings:
    """A run that keeps every answer of this graph and asks only what is left, past the logged replies."""
    data = settings.model_dump()
    return GraphSettings.model_validate(data | {"extends": graph.id, "again": settings.again + 1})


def _cost_of(graph: Artefact, settings: GraphSettings) -> str | None:
    try:
        wanted = _asked_again(graph, settings)
        cost = queries.cost_estimate(current_selection().workspace, graph.manifest.parents[CATALOGUE], wanted)
    except ValenceError as error:
        show_failure(error)
        return None
    return plain(cost.change)


def _submit(graph: Artefact, settings: GraphSettings) -> None:
    title = graph.manifest.title
    submit_graph(graph.manifest.parents[CATALOGUE], settings, title or judge_name(graph))

"""Runs: what every graph generation and prompt trial asked, what it cost, and what came back."""

from collections.abc import Callable, Sequence

import streamlit as st

from app import queries
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.job_panel import ACTIVE, job_panel
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.plain_text import plain
from app.components.runs.calls import run_calls
from app.components.runs.compare import run_compare
from app.components.runs.figures import run_figures
from app.components.runs.history import run_history
from app.components.runs.settings import run_settings
from app.components.runs.views import CALLS, COMPARE, FIGURES, SETTINGS, VIEWS_KEY
from app.components.runs.words import STATE_ICONS, judge_text, short_id, state_word, strategy_word
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.store.clock import utc_now
from core.workflows.model_settings import workspace_prices
from core.workflows.runs import Run, list_runs


def _run(run: Run, runs: Sequence[Run], currency: str) -> None:
    """One opened run."""
    st.subheader(plain(run.title))
    moment = when_text(run.began_at, parse_utc(utc_now()), reader_zone())
    state = state_word(run)
    st.caption(
        f"{STATE_ICONS[state]} {state} · begun {moment} · {strategy_word(run)} · {plain(judge_text(run))} · "
        f"run {short_id(run.id)}"
    )
    if run.state in ACTIVE:
        job_panel(run.id)
    log = current().workspace.answers
    views: dict[str, Callable[[], None]] = {
        FIGURES: lambda: run_figures(run, currency, log.batches(run.id)),
        CALLS: lambda: run_calls(run, currency),
        SETTINGS: lambda: run_settings(run),
        COMPARE: lambda: run_compare(run, runs, currency),
    }
    for tab, view in zip(st.tabs(list(views), key=VIEWS_KEY, on_change="rerun"), views.values(), strict=True):
        with tab:
            if tab.open:
                _show(view)


def _show(view: Callable[[], None]) -> None:
    """A part that cannot be shown says why in its place."""
    try:
        view()
    except ValenceError as error:
        show_failure(error)


def _page() -> None:
    workspace = current().workspace
    runs = list_runs(workspace, queries.run_summaries(current_selection().workspace))
    if not runs:
        empty_state(
            "No run yet",
            "Every time a graph is generated, clusters are prepared or a prompt is tried, it is recorded here with "
            "all its calls.",
            "graph",
            "Generate a graph",
        )
        return
    currency = workspace_prices(workspace).currency
    opened = run_history(runs, currency)
    if opened:
        _run(opened, runs, currency)


st.title("Runs")
st.markdown("What every run asked, what it cost, and what came back.")
_show(_page)

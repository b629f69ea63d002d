"""The history of runs as a table, with its filters; a click on a line opens a run."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.moments import parse_utc, reader_zone
from app.components.runs.words import (
    judge_word,
    money,
    seconds_text,
    state_word,
    strategy_word,
)
from core.fingerprint import content_id
from core.workflows.runs import Run

PAGE_RUNS: Final = 50
_MOST_PX, _ROW_PX, _HEADER_PX = 390, 35, 37
_FILTER_PX: Final = 150
_OPEN: Final = "run"  # the parameter of the address that holds the opened run
_FILTERS: Final[tuple[tuple[str, Callable[[Run], str]], ...]] = (
    ("State", state_word),
    ("Strategy", strategy_word),
    ("Judge", judge_word),
)


def run_history(runs: Sequence[Run], currency: str) -> Run | None:
    """Show the runs that pass the filters; returns the opened one, else the latest, None where none passes."""
    found = _filtered(runs)
    if not found:
        st.info("No run matches. Take a filter out to see more.", icon=":material/search_off:")
        return None
    n_pages = -(-len(found) // PAGE_RUNS)
    of_search = content_id("runs-view", [run.id for run in found])[:12]
    page = int(st.session_state.get(f"runs-page-{of_search}") or 1)
    shown = found[(page - 1) * PAGE_RUNS : page * PAGE_RUNS]
    opened = _opened(runs, found)
    key, ids = f"runs-table-{of_search}-{page}", [run.id for run in shown]
    st.dataframe(
        _frame(shown, currency),
        key=key,
        on_select=lambda: _open(key, ids),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(opened.id)]}} if opened.id in ids else None,
        hide_index=True,
        height=min(_MOST_PX, _HEADER_PX + _ROW_PX * len(shown)),
        column_config=_columns(),
        placeholder="–",
        alt="The runs of this workspace, the latest first",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        total = f"{len(found):,}" if len(found) == len(runs) else f"{len(found):,} of {len(runs):,}"
        st.caption(f"{total} run{'' if len(runs) == 1 else 's'}, the latest first. Select a line to open a run.")
        if n_pages > 1:
            st.pagination(n_pages, key=f"runs-page-{of_search}")
    return opened


def _filtered(runs: Sequence[Run]) -> list[Run]:
    chosen = []
    with st.grid(len(_FILTERS), min_column_width=_FILTER_PX) as grid:
        for label, word in _FILTERS:
            offered = sorted({word(run) for run in runs})
            key = f"runs-filter-{label.lower()}"
            gone = set(st.session_state.get(key) or ()) - set(offered)
            if gone:  # what no run has any more cannot be chosen
                st.session_state[key] = [name for name in st.session_state[key] if name not in gone]
            with grid.cell():
                chosen.append(st.multiselect(label, offered, placeholder="Any", key=key, persist_state="session"))
    return [
        run
        for run in runs
        if all(not names or word(run) in names for names, (_, word) in zip(chosen, _FILTERS, strict=True))
    ]


def _opened(runs: Sequence[Run], found: Sequence[Run]) -> Run:
    wanted = st.query_params.get(_OPEN, "")
    if wanted and all(run.id != wanted for run in runs):
        st.warning("The run this link points to is not in this workspace; the latest one is shown.")
    return next((run for run in found if run.id == wanted), found[0])


def _open(key: str, ids: Sequence[str]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows and rows[0] < len(ids):
        st.query_params[_OPEN] = ids[rows[0]]


def _frame(runs: Sequence[Run], currency: str) -> pd.DataFrame:
    zone = reader_zone()
    return pd.DataFrame(
        {
            "When": pd.Series([parse_utc(run.began_at).astimezone(zone) for run in runs], dtype="object"),
            "Run": [run.title for run in runs],
            "State": [state_word(run) for run in runs],
            "Strategy": [strategy_word(run) for run in runs],
            "Judge": [run.model or judge_word(run) for run in runs],
            "Paid": [run.spent.n_calls for run in runs],
            "Free": [run.spent.n_cached for run in runs],
            "Errors": [run.spent.n_errors for run in runs],
            "Tokens": [run.spent.input_tokens + run.spent.output_tokens for run in runs],
            "Cost": [None if run.is_offline else money(run.spent.cost, currency) for run in runs],
            "Time": [seconds_text(run.seconds) for run in runs],
            "Graph": [_graph_text(run) for run in runs],
        }
    )


def _graph_text(run: Run) -> str | None:
    if run.graph is None:
        return None
    return run.graph.id[:8] if run.graph.is_there else "deleted"


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "When": column.DatetimeColumn(width=96, format="D MMM, HH:mm"),
        "Run": column.TextColumn(width=140),
        "State": column.TextColumn(width=60),
        "Strategy": column.TextColumn(width=84),
        "Judge": column.TextColumn(width=112),
        "Paid": column.NumberColumn(width=50, format="localized", help="Calls that a provider may charge for."),
        "Free": column.NumberColumn(width=50, format="localized", help="Answers taken from the log, paid for before."),
        "Errors": column.NumberColumn(width=54, format="localized", help="Attempts that failed, of every kind."),
        "Tokens": column.NumberColumn(width=60, format="localized", help="Tokens charged, in and out."),
        "Cost": column.TextColumn(
            width=100,
            alignment="right",
            help="By the price table of this workspace. The rule-based judge costs nothing and shows a dash.",
        ),
        "Time": column.TextColumn(
            width=66, alignment="right", help="From start to end; of a resumed run, of its last part."
        ),
        "Graph": column.TextColumn(width=70, help="The graph it made; open the run to get there."),
    }

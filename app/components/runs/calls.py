"""Every call of a run, a page at a time: searched, filtered, opened and taken away."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.moments import parse_utc, reader_zone
from app.components.runs.call_detail import run_call_detail
from app.components.runs.download import run_downloads
from app.components.runs.figures import edges_button, offline_notice
from app.components.runs.views import outcome_key
from app.components.runs.words import outcome_word, outcomes_of, purpose_word, shown
from app.state import current_selection
from core.errors import ValenceError
from core.fingerprint import content_id
from core.store.answer_rows import LoggedCall
from core.workflows.run_calls import CallSearch
from core.workflows.runs import Run

PAGE_CALLS: Final = 50
_HEIGHT: Final = 430
_ROW_PX, _HEADER_PX = 35, 37
_CUT: Final = 300  # characters of a subject or message that a line of the table carries
_LONGEST_SEARCH: Final = 200


def run_calls(run: Run, currency: str) -> None:
    """Show the calls of a run, or why there are none to show."""
    if run.is_offline:
        offline_notice(run)
        edges_button(run, "calls")
        return
    if not run.spent.n_calls_by_purpose:
        st.info(
            "No call was made yet: the run is getting ready."
            if not run.is_over
            else "This run ended before it made a call.",
            icon=":material/forum:",
        )
        return
    _browser(run, currency)


@st.fragment
def _browser(run: Run, currency: str) -> None:
    """A fragment: another page or search of the calls leaves the rest of the page, and its counting, alone."""
    try:
        search = _search(run)
        call = _table(run, search, currency)
        if call is not None:
            run_call_detail(run, call, currency)
    except ValenceError as error:
        show_failure(error)


def _search(run: Run) -> CallSearch:
    with st.container(border=True):
        text = st.text_input(
            "Search",
            key=f"run-calls-text-{run.id}",
            type="search",
            max_chars=_LONGEST_SEARCH,
            placeholder="Words in the attribute, the prompt, the answer or the message",
            help="Finds the words as they stand, in this order. Press Enter to search.",
        )
        with st.grid(2, min_column_width=200) as grid:
            with grid.cell():
                purpose = _choice(
                    "Purpose", tuple(run.spent.n_calls_by_purpose), purpose_word, f"run-calls-purpose-{run.id}"
                )
            with grid.cell():
                outcome = _choice("Outcome", outcomes_of(run.spent), outcome_word, outcome_key(run.id))
    return CallSearch(text=(text or "").strip(), purpose=purpose, outcome=outcome)


def _choice(label: str, options: Sequence[str], word: Callable[[str], str], key: str) -> str | None:
    return st.selectbox(
        label,
        list(options),
        index=None,
        format_func=word,
        placeholder="Any",
        key=key,
    )


def _table(run: Run, search: CallSearch, currency: str) -> int | None:
    """One page of the calls found; returns the number of the selected one."""
    workspace, ended_at = current_selection().workspace, run.ended_at if run.is_over else ""
    view = content_id("run-calls", [run.id, search.model_dump()])[:12]
    page = int(st.session_state.get(f"run-calls-page-{view}") or 1)
    with st.spinner("Searching the calls…"):
        found = queries.run_calls(workspace, run.id, ended_at, search, (page - 1) * PAGE_CALLS, PAGE_CALLS)
    _head(run, search, found.n_matching)
    if not found.calls:
        st.info("No call matches. Take a filter out, or search for less.", icon=":material/search_off:")
        return None
    # Calls of a run that goes on move down the table: the first one's number keeps a selection from moving with them.
    selection = st.dataframe(
        _frame(found.calls),
        key=f"run-calls-table-{view}-{page}-{found.calls[0].number}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=min(_HEIGHT, _HEADER_PX + _ROW_PX * len(found.calls)),
        column_config=_columns(currency),
        placeholder="–",
        alt=f"Page {page} of the calls found",
    )
    n_pages = -(-found.n_matching // PAGE_CALLS)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * PAGE_CALLS + 1
        st.caption(
            f"{first:,} to {first + len(found.calls) - 1:,} of {found.n_matching:,}, the latest first. Select a line "
            "to read its prompt and answer.",
            width="content",
        )
        if n_pages > 1:
            st.pagination(n_pages, key=f"run-calls-page-{view}")
    rows = selection["selection"]["rows"]
    return found.calls[rows[0]].number if rows and rows[0] < len(found.calls) else None


def _head(run: Run, search: CallSearch, n_matching: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        total = sum(run.spent.n_calls_by_purpose.values())
        if search == CallSearch():
            st.markdown(f"**{n_matching:,}** call{'' if n_matching == 1 else 's'}", width="stretch")
        else:
            st.markdown(f"**{n_matching:,}** of {total:,} calls match", width="stretch")
        if not run.ended_at:
            st.button("Refresh", icon=":material/refresh:", key=f"run-calls-refresh-{run.id}")
        run_downloads(run, search, n_matching)


def _frame(calls: Sequence[LoggedCall]) -> pd.DataFrame:
    zone, attempts = reader_zone(), [call.attempt for call in calls]
    return pd.DataFrame(
        {
            "#": [call.number for call in calls],
            "When": pd.Series([parse_utc(a.started_at).astimezone(zone) for a in attempts], dtype="object"),
            "Purpose": [purpose_word(a.purpose) for a in attempts],
            "About": [shown(a.subject[:_CUT]) for a in attempts],
            "Outcome": [outcome_word(a.outcome) for a in attempts],
            "Seconds": [a.seconds if a.is_paid or a.seconds else None for a in attempts],
            "Tokens in": pd.array([a.input_tokens for a in attempts], dtype="Int64"),
            "Tokens out": pd.array([a.output_tokens for a in attempts], dtype="Int64"),
            "Cost": pd.array([a.cost if a.is_paid else None for a in attempts], dtype="Float64"),
            "Message": [shown(a.message[:_CUT]) or None for a in attempts],
        }
    )


def _columns(currency: str) -> dict[str, Any]:
    column = st.column_config
    return {
        "#": column.NumberColumn(width=50, help="Number of the call within the run."),
        "When": column.DatetimeColumn(width=108, format="D MMM, HH:mm:ss"),
        "Purpose": column.TextColumn(width=112),
        "About": column.TextColumn(width=165, help="The attribute, or the cluster, that was asked about."),
        "Outcome": column.TextColumn(width=118),
        "Seconds": column.NumberColumn(width=64, format="%.2f"),
        "Tokens in": column.NumberColumn(width=74, format="localized", help="As the provider counted them."),
        "Tokens out": column.NumberColumn(width=80, format="localized", help="As the provider counted them."),
        "Cost": column.NumberColumn(
            width=80, format="%.6f", help=f"In {currency or 'the price table’s currency'}; a dash: free, or unknown."
        ),
        "Message": column.TextColumn(width=260),
    }

"""The table of found pairs, a page at a time."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.components.pair_text import OUTCOME_SIGNS
from app.theme import NEUTRAL, OUTCOME_COLOURS
from core.graph.model import Outcome
from core.graph.pair_table import PairTable

PAGE_ROWS = 50
_HEIGHT = 460


def edge_table(table: PairTable, rows: NDArray[np.int32], judge: str, view: str) -> int | None:
    """Show one page of the found pairs; returns the row number of the selected pair, if one is selected.

    `view` names what is shown (graph and search): another view starts at its first page with nothing selected.
    """
    n_pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = int(st.session_state.get(f"edges-page-{view}") or 1)
    shown = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    selection = st.dataframe(
        pair_frame(table, shown, judge),
        key=f"edges-table-{view}-{page}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=_HEIGHT,
        column_config=pair_columns(),
        placeholder="–",
        alt=f"Page {page} of {n_pages} of the pairs found",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * PAGE_ROWS + 1
        st.caption(
            f"Rows {first:,} to {first + len(shown) - 1:,} of {len(rows):,}. Select a row to see everything about it.",
            width="content",
        )
        if n_pages > 1:
            st.pagination(n_pages, key=f"edges-page-{view}")
    selected = selection["selection"]["rows"]
    return int(shown[selected[0]]) if selected and selected[0] < len(shown) else None


def pair_frame(table: PairTable, rows: NDArray[Any], judge: str) -> pd.DataFrame:
    """The given pairs as people read them: one line each."""
    pairs = [table.pair(int(row)) for row in rows]
    return pd.DataFrame(
        {
            "Sign": [[OUTCOME_SIGNS[pair.outcome]] for pair in pairs],
            "First attribute": [pair.source.value for pair in pairs],
            "Second attribute": [pair.target.value for pair in pairs],
            "Strength": pd.array([pair.strength for pair in pairs], dtype="Float32"),
            "Reason": [pair.reason or None for pair in pairs],
            "Modalities": [f"{pair.source.modality} × {pair.target.modality}" for pair in pairs],
            "Call": pd.array([pair.call for pair in pairs], dtype="Int64"),
            "Judge": judge,
        }
    )


def pair_columns() -> dict[str, Any]:
    """How the columns of `pair_frame` are shown."""
    outcomes = list(OUTCOME_SIGNS)
    return {
        "Sign": st.column_config.MultiselectColumn(
            options=[OUTCOME_SIGNS[outcome] for outcome in outcomes],
            color=[badge_colour(outcome) for outcome in outcomes],
            help="+ works together, − conflicts, 0 no signal.",
        ),
        "First attribute": st.column_config.TextColumn(width=165),
        "Second attribute": st.column_config.TextColumn(width=165),
        "Strength": st.column_config.ProgressColumn(
            width=95,
            color=NEUTRAL,
            min_value=0.0,
            max_value=1.0,
            format="%.2f",
            help="How clear the verdict is, from 0 to 1.",
        ),
        "Reason": st.column_config.TextColumn(width=380),
        "Modalities": st.column_config.TextColumn(width=150),
        "Call": st.column_config.NumberColumn(width=60, help="Number of the judge call that asked about this pair."),
        "Judge": st.column_config.TextColumn(width=190),
    }


def badge_colour(outcome: Outcome) -> str:
    """The colour of a badge in a table; the pale grey of charts would glare on dark ground."""
    return NEUTRAL if outcome is Outcome.UNJUDGED else OUTCOME_COLOURS[outcome.name.lower()]

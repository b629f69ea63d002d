"""A few pairs with the judge's reasons: the quickest way to see whether a graph makes sense."""

import streamlit as st

from app import queries
from app.components.pair_text import OUTCOME_MEANINGS, outcome_badge, pair_names, reason_text
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.graph.model import Outcome
from core.graph.pair_table import Pair

_TABS = {
    Outcome.POSITIVE: "Strongest +",
    Outcome.NEGATIVE: "Strongest −",
    Outcome.NEUTRAL: "No signal",
    Outcome.UNJUDGED: "Not judged",
    Outcome.UNRESOLVED: "No answer",
}


def graph_examples(graph_id: str) -> None:
    """Show the strongest pairs of each outcome that occurs, each with its reason; no attribute occurs twice."""
    table = current().pairs(graph_id)
    rows = {outcome: queries.example_pairs(current_selection().workspace, graph_id, outcome) for outcome in _TABS}
    present = [outcome for outcome in _TABS if rows[outcome]]
    if not present:
        st.info("This graph has no pair to show.")
        return
    for tab, outcome in zip(st.tabs([_TABS[outcome] for outcome in present]), present, strict=True):
        with tab:
            st.caption(OUTCOME_MEANINGS[outcome])
            for first in range(0, len(rows[outcome]), 2):
                for column, row in zip(st.columns(2), rows[outcome][first : first + 2], strict=False):
                    with column:
                        _example(table.pair(row))


def _example(pair: Pair) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"{outcome_badge(pair.outcome)} {pair_names(pair)}")
        st.caption(plain(reason_text(pair)))

"""The table of estimated pairs, a page at a time, and the graph's reason of a selected one."""

from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.components.edges.table import badge_colour
from app.components.pair_text import OUTCOME_SIGNS, outcome_badge
from app.components.plain_text import pair_words, plain, quoted
from app.theme import NEGATIVE, POSITIVE
from core.graph.model import Outcome
from core.graph.pair_table import PairTable
from core.workflows.model_pairs import ComparedPairs, ToldPair, told_pair

PAGE_ROWS: Final = 50
_TABLE_PX: Final = 460
_FOR, _AGAINST = "for", "against"
_SPREAD_95: Final = 1.96


def pair_list(pairs: ComparedPairs, table: PairTable, numbers: NDArray[np.int32], view: str) -> None:
    """One page of the pairs found; `view` names what is shown: another view starts at its first page."""
    n_pages = max(1, -(-len(numbers) // PAGE_ROWS))
    page = int(st.session_state.get(f"models-pairs-page-{view}") or 1)
    chosen = numbers[(page - 1) * PAGE_ROWS : page * PAGE_ROWS].tolist()
    shown = [told_pair(pairs, table, number) for number in chosen]
    selection = st.dataframe(
        pair_frame(shown),
        key=f"models-pairs-table-{view}-{page}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=min(_TABLE_PX, 38 + 35 * len(shown)),
        column_config=_columns(pairs),
        placeholder="–",
        alt=f"Page {page} of {n_pages} of the estimated pairs",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * PAGE_ROWS + 1
        st.caption(
            f"Pairs {first:,} to {first + len(shown) - 1:,} of {len(numbers):,}. Select a row to read more of it.",
            width="content",
        )
        if n_pages > 1:
            st.pagination(n_pages, key=f"models-pairs-page-{view}")
    rows = selection["selection"]["rows"]
    if rows and rows[0] < len(shown):
        _detail(pairs, shown[rows[0]])


def pair_frame(shown: list[ToldPair]) -> pd.DataFrame:
    """The pairs as people read them: one line each."""
    return pd.DataFrame(
        {
            "First attribute": [pair.source.value for pair in shown],
            "Second attribute": [pair.target.value for pair in shown],
            "Labels speak": [[_FOR if pair.mean > 0 else _AGAINST] for pair in shown],
            "Estimate": [pair.mean for pair in shown],
            "95% interval": [interval_words(pair) for pair in shown],
            "Sure": [sure_words(pair.chance) for pair in shown],
            "Graph": [[OUTCOME_SIGNS[pair.outcome]] for pair in shown],
            "Strength": pd.array([pair.strength for pair in shown], dtype="Float32"),
            "Graph's reason": [pair.reason or None for pair in shown],
            "Modalities": [f"{pair.source.modality} × {pair.target.modality}" for pair in shown],
        }
    )


def interval_words(pair: ToldPair) -> str:
    """The ends between which the true effect lies in 95 of 100 such cases."""
    return f"{pair.mean - _SPREAD_95 * pair.deviation:.2f} to {pair.mean + _SPREAD_95 * pair.deviation:.2f}"


def sure_words(chance: float) -> str:
    """How sure the direction is, never more than can be said."""
    return "> 99.99%" if chance > 0.9999 else f"{chance:.2%}"


def _columns(pairs: ComparedPairs) -> dict[str, Any]:
    signs = {OUTCOME_SIGNS[outcome]: badge_colour(outcome) for outcome in Outcome}
    text = st.column_config.TextColumn
    return {
        "First attribute": text(width=165),
        "Second attribute": text(width=165),
        "Labels speak": st.column_config.MultiselectColumn(
            options=[_FOR, _AGAINST],
            color=[POSITIVE, NEGATIVE],
            width=105,
            help="Whether the labels speak for the pair or against it.",
        ),
        "Estimate": st.column_config.NumberColumn(
            format="%.2f",
            width=85,
            help=f"What a campaign of such pairs alone would be called beyond the average one, where {pairs.label_for} "
            f"counts 1 and {pairs.label_against} −1. It may lie beyond both, since a campaign is a mean of many pairs.",
        ),
        "95% interval": text(width=115, help="Between these the true effect lies in 95 of 100 such cases."),
        "Sure": text(width=80, help="How sure it is that the true effect is on this side of 0."),
        "Graph": st.column_config.MultiselectColumn(
            options=list(signs), color=list(signs.values()), width=100, help="What the graph says of the pair."
        ),
        "Strength": st.column_config.NumberColumn(
            format="%.2f", width=80, help="How clear the graph's own verdict is, from 0 to 1, where it is known."
        ),
        "Graph's reason": text(width=260),
        "Modalities": text(width=150),
    }


def _detail(pairs: ComparedPairs, pair: ToldPair) -> None:
    """One pair in words; text of users and judges is escaped."""
    with st.container(border=True):
        st.markdown(f"#### {pair_words(pair.source.value, pair.target.value)}")
        st.caption(f"{plain(pair.source.modality)} × {plain(pair.target.modality)}")
        left, right = st.columns(2, gap="medium")
        with left:
            st.markdown("**The labels**")
            side, label = ("for", pairs.label_for) if pair.mean > 0 else ("against", pairs.label_against)
            st.markdown(
                f"speak **{side}** it: it moves a campaign towards {plain(label)}. Estimate {pair.mean:.2f} "
                f"({interval_words(pair)}), {plain(sure_words(pair.chance))} sure."
            )
        with right:
            st.markdown("**The graph**")
            strength = "" if pair.strength is None else f" strength {pair.strength:.2f}"
            st.markdown(f"{outcome_badge(pair.outcome, in_full=True)}{strength}")
            st.markdown(f"> {quoted(pair.reason)}" if pair.reason else "No reason is known.")

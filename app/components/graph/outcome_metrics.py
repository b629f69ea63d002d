"""Counts of a graph's pairs by outcome."""

import streamlit as st

from app.components.pair_text import OUTCOME_MEANINGS, OUTCOME_TITLES
from core.graph.model import Outcome
from core.graph.statistics import GraphStatistics, OutcomeCounts

_FIGURE_PX = 160
_ALWAYS_SHOWN = (Outcome.POSITIVE, Outcome.NEGATIVE)


def outcome_metrics(statistics: GraphStatistics) -> None:
    """One figure per outcome that occurs, with its share of all pairs."""
    total = statistics.total
    shown = [outcome for outcome in OUTCOME_TITLES if outcome in _ALWAYS_SHOWN or count_of(total, outcome)]
    grid = st.grid(len(shown), min_column_width=_FIGURE_PX)
    for outcome in shown:
        count = count_of(total, outcome)
        share = count / total.n_pairs if total.n_pairs else 0.0
        grid.metric(
            OUTCOME_TITLES[outcome],
            f"{count:,}",
            f"{share:.1%} of pairs",
            delta_color="off",
            delta_arrow="off",
            help=OUTCOME_MEANINGS[outcome],
            border=True,
        )


def count_of(counts: OutcomeCounts, outcome: Outcome) -> int:
    """The count of one outcome."""
    count: int = getattr(counts, f"n_{outcome.name.lower()}")
    return count

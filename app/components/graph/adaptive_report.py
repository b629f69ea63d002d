"""The adaptive strategy's own account: how much it found by its audit, and how it got there."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.components.graph.run_charts import learning_curve
from app.components.interval_text import interval_metric
from app.components.shares import percent
from app.theme import CHART_CONFIG
from core.workflows.graph_settings import GraphSettings


def adaptive_report(report: Mapping[str, Any], settings: GraphSettings | None) -> None:
    """Recall and precision with intervals, the counts behind them, and the learning curve."""
    quality, confidence = report["quality"], settings.adaptive.confidence if settings else 0.95
    st.markdown("##### How good this graph is, by its own audit")
    grid = st.grid(3, min_column_width=220)
    interval_metric(
        grid,
        "Edges found",
        quality["recall"],
        confidence=confidence,
        help_text="Of all edges that asking every pair would have found, this share is in the graph.",
    )
    interval_metric(
        grid,
        "Edges that are true",
        quality["precision"],
        confidence=confidence,
        help_text="Of the edges in the graph, this share are edges at all, of whichever sign.",
    )
    interval_metric(
        grid,
        "True, with the right sign",
        quality["sign_precision"],
        confidence=confidence,
        help_text="Of the edges in the graph, this share are edges of that very sign.",
    )
    if report["n_audited"]:
        st.caption(
            f"Measured on {report['n_audited']:,} pairs that {report['n_audit_clusters']:,} random calls asked at the "
            f"end. Answers that seem to be wrong: {percent(report['noise'])}."
        )
    else:
        st.caption("Nothing was audited: the run ended before its audit, or had asked every pair by then.")
    st.caption(
        f"Of {report['n_pairs']:,} pairs {report['n_asked']:,} were answered ({report['n_overturned']:,} overturned) "
        f"and {report['n_inferred']:,} inferred; {report['n_left_out']:,} were left out as too unsure and "
        f"{report['n_unanswered']:,} got no usable answer."
    )
    if len(report["curve"]) > 1:
        target = settings.adaptive.target_recall if settings else None
        st.plotly_chart(learning_curve(report["curve"], target), config=CHART_CONFIG, key="learning-curve")

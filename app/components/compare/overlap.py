"""Which edges two graphs share, and what both say of every pair there is."""

import streamlit as st

from app.components.clusters.charts import page_text_colour
from app.components.compare.charts import edge_circles, pair_space
from app.theme import CHART_CONFIG
from core.graph.agreement import PairAgreement


def overlap(agreement: PairAgreement, key: str) -> None:
    """The circles of edges beside the table of all pairs."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("##### Edges")
        st.caption("Areas are in the proportion of the counts.")
        circles(agreement, key)
    with right:
        st.markdown("##### All pairs")
        st.caption(f"What both graphs say of each of the {agreement.n_pairs:,} pairs. Hover to read a cell.")
        figure = pair_space(agreement, page_text_colour())
        alt = "How many pairs have which answer in A and in B"
        st.plotly_chart(figure, config=CHART_CONFIG, key=f"compare-pairs-{key}", alt=alt)


def circles(agreement: PairAgreement, key: str) -> None:
    """The edges of both graphs as circles."""
    figure = edge_circles(agreement, page_text_colour())
    alt = f"Edges: {agreement.only_a:,} only in A, {agreement.common:,} in both, {agreement.only_b:,} only in B"
    st.plotly_chart(figure, config=CHART_CONFIG, key=f"compare-circles-{key}", alt=alt)

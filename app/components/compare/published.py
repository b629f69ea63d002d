"""The published comparison of two strategies, put through the very figures of this page."""

import streamlit as st

from app.components.compare.headline import headline
from app.components.compare.overlap import circles
from core.graph.published_comparison import PUBLISHED


def published_example() -> None:
    """What “98.0 % agreement” means: on common edges only, and far less over all pairs."""
    with st.expander("Example: the published comparison of brute force (A) and clusters (B)", icon=":material/school:"):
        kappa = PUBLISHED.kappa_all_pairs
        st.markdown(
            "The method was published with the sentence that both strategies agree on **98.0%** of the edges of 160 "
            f"attributes. That counts only the {PUBLISHED.common:,} edges that both graphs have. Another "
            f"{PUBLISHED.only_a:,} are in A only and {PUBLISHED.only_b:,} in B only, so over all "
            f"{PUBLISHED.n_pairs:,} pairs they agree on about **67%** of what is an edge at all: a kappa of "
            f"{kappa:.2f}, where 1 is always and 0 is chance. Read both figures of your own graphs together."
        )
        headline(PUBLISHED)
        circles(PUBLISHED, "published")

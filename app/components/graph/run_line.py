"""Where a stored graph comes from, in one line."""

import streamlit as st

from app.components.graph.cost_comparison import STRATEGY_NAMES
from app.components.graph.judge_picker import judge_name
from app.components.plain_text import plain
from core.graph.model import Origin
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_settings import Strategy


def run_line(graph: Artefact) -> None:
    """Strategy, judge, calls and time of a run, or that the graph was uploaded."""
    facts, origin = graph.manifest.facts, f"graph {graph.id[:8]} of catalogue {graph.manifest.parents[CATALOGUE][:8]}"
    if facts["origin"] == Origin.UPLOADED:
        st.caption(f"This graph was uploaded: pairs without an edge count as not judged. It is {origin}.")
        return
    strategy = STRATEGY_NAMES[Strategy(facts.get("strategy", Strategy.BRUTE_FORCE))]
    checks = f" and {facts['check_calls']:,} for checks" if facts.get("check_calls") else ""
    st.caption(
        f"{strategy} · judge: {plain(judge_name(graph))} · {facts['calls']:,} calls{checks} · "
        f"{facts['seconds']:.2f} s · up to {facts['batch_size']} pairs per call · {origin}"
    )

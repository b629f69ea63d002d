"""Where a stored graph comes from, in one line."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.components.graph.cost_comparison import STRATEGY_NAMES
from app.components.graph.judge_picker import judge_name
from app.components.plain_text import plain
from app.services import current
from core.graph.model import Origin
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_settings import Strategy
from core.workflows.graphs import GRAPH


def run_line(graph: Artefact) -> None:
    """Strategy, judge, calls and time of a run, or that the graph was uploaded or reviewed."""
    facts, origin = graph.manifest.facts, f"graph {graph.id[:8]} of catalogue {graph.manifest.parents[CATALOGUE][:8]}"
    if facts["origin"] == Origin.UPLOADED:
        st.caption(f"This graph was uploaded: pairs without an edge count as not judged. It is {origin}.")
        return
    if facts["origin"] == Origin.REVIEWED:
        st.caption(f"{_reviews(facts['reviews'])} Made from {plain(_parent_title(graph))}. It is {origin}.")
        return
    strategy = STRATEGY_NAMES[Strategy(facts.get("strategy", Strategy.BRUTE_FORCE))]
    checks = f" and {facts['check_calls']:,} for checks" if facts.get("check_calls") else ""
    st.caption(
        f"{strategy} · judge: {plain(judge_name(graph))} · {facts['calls']:,} calls{checks} · "
        f"{facts['seconds']:.2f} s · up to {facts['batch_size']} pairs per call · {origin}"
    )


def _reviews(counts: Mapping[str, Any]) -> str:
    people = f"{counts['n_reviewers']:,} {'person' if counts['n_reviewers'] == 1 else 'people'}"
    tied = f", still in conflict: {counts['n_conflicts']:,}" if counts["n_conflicts"] else ""
    done = f"Pairs changed: {counts['n_changed']:,}, confirmed: {counts['n_confirmed']:,}{tied}"
    return f"Reviewed by {people}. {done}; all others stayed as they were."


def _parent_title(graph: Artefact) -> str:
    parent = current().workspace.artefacts.get(GRAPH, graph.manifest.parents[GRAPH])
    judge = f", judged by {judge_name(parent)}" if "judge" in parent.manifest.facts else ", an uploaded graph"
    return f"{parent.manifest.title} ({parent.id[:8]}){judge}"

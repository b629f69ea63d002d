"""What a run says of itself: where its pairs come from, how its model did in the checks, and its strategy's report."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app import queries
from app.components.graph.adaptive_report import adaptive_report
from app.components.graph.cluster_report import cluster_report
from app.components.graph.run_notices import stored_settings
from app.components.interval_text import interval_metric
from app.components.money import money_text
from app.components.plain_text import plain
from app.components.shares import percent
from app.navigation import page_link
from app.services import current
from app.state import current_selection
from core.graph.model import Basis
from core.store.artefacts import Artefact
from core.workflows.model_settings import workspace_prices

_BASIS_NAMES = {
    Basis.ASKED: ("Pairs asked", "Pairs that the judge answered itself."),
    Basis.INHERITED: ("Pairs taken over", "Pairs that took over the sign of their clusters without a call."),
    Basis.INFERRED: (
        "Pairs inferred",
        "Pairs that nobody asked, or whose answer was overturned.",
    ),
    Basis.UPLOADED: ("Edges uploaded", "Edges of the uploaded file that no review decided."),
    Basis.REVIEWED: ("Pairs reviewed", "Pairs whose sign was decided by people."),
}


def run_report(graph: Artefact) -> None:
    """Everything the run reported, nothing for a plain one that has nothing to say."""
    report = graph.manifest.facts.get("report") or {}
    _bases(graph)
    _usage(graph)
    if carried := report.get("carried_over"):
        st.caption(
            f":material/history: {plain(carried['text'])}. {carried['n_carried']:,} answers were carried over from "
            f"graph {graph.manifest.parents.get('graph', '')[:8]}."
        )
    if "canary" in report or "self_agreement" in report:
        _checks(graph)
    if without := report.get("without_facts"):
        _facts_compared(without)
    if adaptive := report.get("adaptive"):
        adaptive_report(adaptive, stored_settings(graph))
    if cluster := report.get("cluster"):
        cluster_report(cluster, graph)


def _bases(graph: Artefact) -> None:
    """Where the outcomes come from, where they come from more than one place."""
    counts = queries.pairs_by_basis(current_selection().workspace, graph.id)
    if not any(count for basis, count in counts.items() if basis is not Basis.ASKED):
        return
    grid = st.grid(3, min_column_width=150)
    for basis, (name, meaning) in _BASIS_NAMES.items():
        if counts[basis] or (basis is Basis.ASKED and not counts[Basis.UPLOADED]):
            grid.metric(name, f"{counts[basis]:,}", help=meaning, border=True)


def _usage(graph: Artefact) -> None:
    usage = graph.manifest.facts.get("usage")
    if not usage:
        return
    cost = usage["cost"]
    spent = "price unknown" if cost is None else money_text(cost, workspace_prices(current().workspace).currency)
    st.caption(
        f":material/payments: {usage['n_calls']:,} paid calls, {usage['n_cached']:,} free answers from the log · "
        f"{usage['input_tokens']:,} tokens in, {usage['output_tokens']:,} out · {plain(spent)} · "
        f"run {graph.manifest.facts.get('job', '')[:8]}"
    )
    page_link("runs", "See every call on the Runs page")


def _facts_compared(without: Mapping[str, Any]) -> None:
    """How far the graph agrees with the one that was made without facts."""
    st.markdown("##### What the facts changed")
    grid = st.grid(3, min_column_width=200)
    grid.metric("Edges with facts", f"{without['edges_a']:,}", help="Pairs judged + or − in this graph.", border=True)
    grid.metric(
        "Edges without facts",
        f"{without['edges_b']:,}",
        help="Pairs judged + or − by the same model when it was given no facts.",
        border=True,
    )
    same = without["agreement_all_pairs"]
    grid.metric(
        "Agree on what is an edge",
        "Not known" if same is None else percent(same),
        help=f"Of all {without['n_pairs']:,} pairs, those that are an edge in both graphs or in neither.",
        border=True,
    )
    st.caption(
        f"{without['common']:,} edges are in both, {without['mismatches']:,} of them with opposite signs; "
        f"{without['only_a']:,} are there only with facts, {without['only_b']:,} only without."
    )


def _checks(graph: Artefact) -> None:
    report = graph.manifest.facts["report"]
    st.markdown("##### Checks of the model")
    grid = st.grid(3, min_column_width=200)
    if canary := report.get("canary"):
        grid.metric(
            "Obvious pairs right",
            f"{canary['n_right']:,} of {canary['n_pairs']:,}",
            help="Asked before the run, to catch a model or prompt that does not work.",
            border=True,
            height="stretch",
        )
    if agreement := report.get("self_agreement"):
        interval_metric(
            grid,
            "Agrees with itself",
            agreement["agreement"],
            help_text=f"Of {agreement['n_pairs']:,} pairs asked once more, the other way round. "
            f"{agreement['n_flipped']:,} turned from + to − or back; {agreement['n_lost']:,} could not be compared.",
        )
    if canary and canary["misses"]:
        with st.expander(f"{len(canary['misses']):,} obvious pairs it got wrong", icon=":material/rule:"):
            st.markdown("\n".join(f"- {plain(miss)}" for miss in canary["misses"]))

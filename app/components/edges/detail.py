"""The panel of a pair: what counts and why, what is known of its ends, and, folded away, all the rest."""

import streamlit as st

from app import queries
from app.components.edges.detail_call import call_label, call_view
from app.components.edges.detail_evidence import RULE_BASED, cited_view, rules_view
from app.components.edges.detail_facts import facts_view
from app.components.edges.detail_fold import fold
from app.components.edges.detail_known import KnownPair, known_pair
from app.components.edges.detail_siblings import sibling_words, siblings_view
from app.components.edges.detail_triangles import triangle_words, triangles_view
from app.components.edges.detail_verdict import verdict_view
from app.components.edges.history_graphs import graphs_view
from app.components.edges.history_reviews import review_words, reviews_view
from app.components.edges.what_if import what_if_view
from app.components.failure import show_failure
from app.state import current_selection
from core.errors import ValenceError
from core.graph.pair_table import PairTable
from core.graph.siblings import siblings_of
from core.graph.triangles import triangles_of
from core.store.artefacts import Artefact


def edge_detail(graph: Artefact, table: PairTable, row: int, judge: str) -> None:
    """Show the pair of one row of the table."""
    pair_panel(graph.id, int(table.source[row]), int(table.target[row]), judge)


@st.fragment
def pair_panel(graph_id: str, first: int, second: int, judge: str) -> None:
    """Show a pair of catalogue positions, listed by the graph or not; a fragment, so that opening a part of it leaves
    the rest of the page alone.
    """
    with st.container(border=True):
        try:
            _panel(known_pair(graph_id, first, second, judge))
        except ValenceError as error:
            show_failure(error)


def _panel(pair: KnownPair) -> None:
    verdict_view(pair)
    facts_view(pair.table.catalogue.id, pair.source, pair.target)
    with st.container(gap="xsmall"):
        fold(f"Reviews: {review_words(pair)}", "reviews", ":material/rate_review:", lambda: reviews_view(pair))
        _around(pair)
        fold("What if this is wrong?", "what-if", ":material/bolt:", lambda: what_if_view(pair))
        fold("What other graphs say", "graphs", ":material/history:", lambda: graphs_view(pair))
        _behind(pair)


def _around(pair: KnownPair) -> None:
    """What the graph around the pair says; counting it takes milliseconds once the groups are known."""
    with st.spinner("Sorting the attributes into groups…", show_time=False):
        grouping = queries.grouping(current_selection().workspace, pair.graph_id)
    siblings = siblings_of(pair.table, grouping, *pair.positions)
    triangles = triangles_of(pair.table, *pair.positions)
    fold(
        f"Similar pairs: {sibling_words(siblings)}",
        "siblings",
        ":material/group_work:",
        lambda: siblings_view(pair, grouping, siblings),
    )
    fold(
        f"Triangles: {triangle_words(triangles)}",
        "triangles",
        ":material/change_history:",
        lambda: triangles_view(pair, triangles),
    )


def _behind(pair: KnownPair) -> None:
    """What the verdict was made of."""
    if pair.table.judge == RULE_BASED:
        fold("Evidence of the rules", "evidence", ":material/rule:", lambda: rules_view(pair))
    first = pair.first
    if first is not None and first.evidence:
        n_facts = len(first.evidence)
        label = f"{n_facts:,} fact{'' if n_facts == 1 else 's'} the judge went by"
        fold(label, "cited", ":material/fact_check:", lambda: cited_view(first.evidence))
    row = pair.row
    if row is not None and first is not None and first.call is not None:
        fold(call_label(pair, row, first.call), "call", ":material/forum:", lambda: call_view(pair, row))

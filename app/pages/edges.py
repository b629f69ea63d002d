"""Edges: search the pairs of a graph, see why each one is what it is, and walk the network around an attribute."""

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.edges.detail import edge_detail
from app.components.edges.download import edge_downloads
from app.components.edges.filters import clear_filters, edge_filters
from app.components.edges.network_frame import best_connected, network_frame
from app.components.edges.table import edge_table
from app.components.empty_state import empty_state
from app.components.graph.settings_form import judge_name
from app.services import current
from app.state import current_selection
from core.fingerprint import content_id
from core.graph.pair_table import PairTable
from core.store.artefacts import Artefact
from core.workflows.graphs import GRAPH


def _found_pairs(graph: Artefact, table: PairTable) -> int | None:
    """Filters, count, downloads and table; returns the selected row."""
    search = edge_filters(table).model_dump(mode="json")
    rows = queries.matching_pairs(current_selection().workspace, graph.id, search)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,}** of {len(table):,} {_known(graph)} match", width="stretch")
        edge_downloads(graph, table, rows)
        st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear_filters)
    if not len(rows):
        st.info(
            "No pair matches. Choose another kind under “Show”, or clear the filters.", icon=":material/search_off:"
        )
        return None
    view = content_id("edges-view", {"graph": graph.id, "search": search})[:12]
    return edge_table(table, rows, judge_name(graph), view)


def _known(graph: Artefact) -> str:
    return "uploaded edges" if graph.manifest.facts["origin"] == "uploaded" else "pairs"


st.title("Edges")
st.markdown("Search what was judged, see why, and walk the network around an attribute.")
graph = artefact_picker(GRAPH, "Graph")
if graph is None:
    empty_state(
        "No graph yet",
        "Edges are what a graph is made of: pairs of attributes that work well together, or conflict.",
        "graph",
        "Build a graph",
    )
else:
    with st.spinner("Reading the graph…", show_time=False):
        table = current().pairs(graph.id)
    selected = _found_pairs(graph, table)
    if selected is not None:
        edge_detail(graph, table, selected, judge_name(graph))
    st.subheader("Network of an attribute")
    suggested = best_connected(table) if selected is None else table.pair(selected).source.id
    network_frame(graph.id, table, suggested)

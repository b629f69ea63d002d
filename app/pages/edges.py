"""Edges: search the pairs of a graph, see them all at once, walk around an attribute, and what the whole looks like."""

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.edges.detail import edge_detail
from app.components.edges.download import edge_downloads
from app.components.edges.filters import clear_filters, edge_filters
from app.components.edges.heatmap import heatmap
from app.components.edges.network_frame import best_connected, network_frame
from app.components.edges.structure import graph_structure
from app.components.edges.table import edge_table
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.graph.settings_form import judge_name
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.fingerprint import content_id
from core.graph.pair_table import PairTable
from core.store.artefacts import Artefact
from core.workflows.graphs import GRAPH


def _found_pairs(graph: Artefact, table: PairTable) -> int | None:
    """Filters, count, downloads and table; returns the selected row."""
    search = edge_filters(graph, table)
    rows = queries.found_edges(current_selection().workspace, graph.id, search)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,}** of {len(table):,} {_known(graph)} match", width="stretch")
        edge_downloads(graph, table, rows)
        st.button("Clear filters", icon=":material/filter_alt_off:", on_click=clear_filters)
    if not len(rows):
        st.info(
            "No pair matches. Choose another kind under “Show”, or clear the filters.", icon=":material/search_off:"
        )
        return None
    view = content_id("edges-view", {"graph": graph.id, "search": search.model_dump(mode="json")})[:12]
    return edge_table(table, rows, judge_name(graph), view)


def _known(graph: Artefact) -> str:
    return "uploaded edges" if graph.manifest.facts["origin"] == "uploaded" else "pairs"


def _network(graph: Artefact, table: PairTable, selected: int | None) -> None:
    suggested = best_connected(table) if selected is None else table.pair(selected).source.id
    network_frame(graph.id, table, suggested)


def _look(graph: Artefact, table: PairTable) -> None:
    pairs, picture, network, structure = st.tabs(
        [
            ":material/table_rows: Pairs",
            ":material/grid_on: Heatmap",
            ":material/hub: Network",
            ":material/query_stats: Structure",
        ],
        key="edges-views",
        on_change="rerun",
    )
    with pairs:
        selected = _found_pairs(graph, table)
        if pairs.open and selected is not None:
            edge_detail(graph, table, selected, judge_name(graph))
    if network.open:
        with network:
            _network(graph, table, selected)
    for tab, view in zip((picture, structure), (heatmap, graph_structure), strict=True):
        if tab.open:
            with tab:
                chosen = view(graph, table)
                if chosen is not None:
                    edge_detail(graph, table, chosen, judge_name(graph))


st.title("Edges")
st.markdown("Search what was judged, see why, see it all at once, and walk the network around an attribute or a group.")
graph = artefact_picker(GRAPH, "Graph")
if graph is None:
    empty_state(
        "No graph yet",
        "Edges are what a graph is made of: pairs of attributes that work well together, or conflict.",
        "graph",
        "Build a graph",
    )
else:
    try:
        with st.spinner("Reading the graph…", show_time=False):
            table = current().pairs(graph.id)
        _look(graph, table)
    except ValenceError as error:
        show_failure(error)

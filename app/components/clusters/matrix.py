"""Which groups of attributes go together in a graph, and which pairs make it so."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import streamlit as st

from app import queries
from app.components.clusters.charts import page_text_colour
from app.components.clusters.matrix_charts import MEASURE_MEANINGS, MEASURE_NAMES, Measure, block_matrix
from app.components.edges.block_list import block_list
from app.components.edges.detail import edge_detail
from app.components.graph.settings_form import judge_name
from app.edge_search import Block
from app.services import current
from app.state import current_selection, select
from app.theme import CHART_CONFIG
from core.catalogue.model import Catalogue
from core.graph.grouping import Grouping, GroupOrigin
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH

MOST_BLOCKS: Final = 14_400  # cells that a grid is drawn with at once
Modalities = tuple[str, ...]  # two of them, or none for all at once


ORIGIN_MEANINGS: Final = {
    GroupOrigin.CLUSTERS: "Groups are prepared clusters of this catalogue.",
    GroupOrigin.FACTS: "Groups are made on the spot, of attributes about which similar facts are known.",
    GroupOrigin.EDGES: "Groups are made on the spot, of attributes whose edges are alike, as too few facts are known.",
}


def cluster_compatibility(catalogue: Artefact, version: Artefact | None) -> None:
    """The clusters of a version as a grid over a graph of the catalogue; a click on a cell lists its edges.

    Without a version the groups are made of facts or edges, for which nothing has to be prepared.
    """
    graphs = [a for a in current().workspace.artefacts.list(GRAPH) if a.manifest.parents[CATALOGUE] == catalogue.id]
    if not graphs:
        st.info("No graph of this catalogue yet: build one, and its signs show here by group.", icon=":material/hub:")
        return
    graph = _graph(catalogue, graphs)
    stages = version.id if version else ""
    grouping = current().groups(graph.id, stages)
    st.caption(f"{ORIGIN_MEANINGS[grouping.origin]} There are {len(grouping.names):,}.")
    block = group_matrix(graph.id, stages, grouping, part_picker(grouping, "matrix"), "matrix")
    if block is None:
        return
    selected = block_list(graph, grouping, stages, block)
    if selected is not None:
        edge_detail(graph, current().pairs(graph.id), selected, judge_name(graph))


def _graph(catalogue: Artefact, graphs: list[Artefact]) -> Artefact:
    """The graph to look at: the selected one where it is of this catalogue, else the newest."""
    ids, chosen = [graph.id for graph in graphs], current_selection().graph
    key = f"matrix-graph-{catalogue.id[:8]}"
    st.session_state[key] = chosen if chosen in ids else ids[0]
    names = {graph.id: f"{graph.manifest.title} · {graph.id[:8]}" for graph in graphs}
    graph_id = st.selectbox("Graph", ids, format_func=names.__getitem__, key=key, on_change=_choose, args=(key,))
    return graphs[ids.index(graph_id)]


def _choose(key: str) -> None:
    select(graph=st.session_state[key])


def part_picker(grouping: Grouping, name: str, most: int = MOST_BLOCKS) -> Modalities:
    """Choose all modalities or two of them; without "all" where the whole grid would have more than `most` cells."""
    known: Catalogue = grouping.catalogue
    pairs: list[Modalities] = list(combinations(known.modalities, 2))
    whole: list[Modalities] = [()] if len(grouping.names) ** 2 <= most or not pairs else []
    return st.selectbox(
        "Part",
        [*whole, *pairs],
        format_func=lambda pair: " × ".join(pair) or "All modalities",
        key=f"{name}-part-{known.id[:8]}-{bool(whole)}",
        help="Everything at once, or the attributes of one modality against those of another.",
        persist_state="session",
    )


def group_matrix(graph_id: str, stages: str, grouping: Grouping, part: Modalities, name: str) -> Block | None:
    """The grid of groups; returns the block that was clicked. `stages` names whose clusters the groups are."""
    measure = st.segmented_control(
        "Colour shows",
        list(Measure),
        format_func=MEASURE_NAMES.__getitem__,
        default=Measure.LEANING,
        required=True,
        key=f"{name}-measure",
        help="  \n".join(f"**{MEASURE_NAMES[m]}**: {MEASURE_MEANINGS[m]}" for m in Measure),
        persist_state="session",
    )
    rows, columns = (groups_of(grouping, modality) for modality in part or (None, None))
    blocks = queries.group_blocks(current_selection().workspace, graph_id, stages)
    shown = f"{graph_id[:8]}-{stages[:8]}-{'-'.join(part)}-{measure}"
    event = st.plotly_chart(
        block_matrix(blocks, grouping.names, rows, columns, measure, page_text_colour()),
        config=CHART_CONFIG,
        key=f"{name}-grid-{shown}",
        on_select="rerun",
        selection_mode="points",
        alt=f"{MEASURE_NAMES[measure]} between {len(rows):,} and {len(columns):,} groups of attributes",
    )
    st.caption(
        f"{MEASURE_MEANINGS[measure]} Attributes of one modality are never paired, so those cells stay empty. "
        "Click a cell to list its edges."
    )
    points = event["selection"]["points"]
    data = points[0].get("customdata") if points else None
    return Block(rows=(int(data[0]),), columns=(int(data[1]),)) if data else None


def groups_of(grouping: Grouping, modality: str | None) -> Sequence[int]:
    """The groups of a modality, or all of them, in the order of the grouping."""
    attributes = grouping.catalogue.attributes
    along = dict.fromkeys(
        int(grouping.group[position])
        for position in grouping.order.tolist()
        if modality is None or attributes[position].modality == modality
    )
    return list(along)

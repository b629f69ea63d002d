"""The whole graph as a picture: groups against groups, or attribute by attribute; what is pointed at is listed."""

from typing import Final

import streamlit as st

from app import queries
from app.components.clusters.matrix import ORIGIN_MEANINGS, Modalities, group_matrix, part_picker
from app.components.edges.block_list import block_list
from app.components.edges.heatmap_charts import axis_names, sign_heatmap, sign_map
from app.edge_search import Block
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.graph.grouping import Grouping
from core.graph.pair_table import PairTable
from core.store.artefacts import Artefact

_ATTRIBUTES, _GROUPS = "Every attribute", "Groups"
_MOST_CELLS: Final = 1_000_000  # cells that a browser draws in a few seconds


def heatmap(graph: Artefact, table: PairTable) -> int | None:
    """Show the signs sorted by group and list the edges of what is selected; returns the row that is then chosen."""
    workspace = current_selection().workspace
    grouping, stages = queries.grouping(workspace, graph.id), queries.grouping_stages(workspace, graph.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = st.segmented_control(
            "Show",
            [_ATTRIBUTES, _GROUPS],
            default=_ATTRIBUTES,
            required=True,
            key="edges-heatmap-kind",
            help="A cell for every two attributes, or one for every two groups of attributes.",
            persist_state="session",
        )
        most = _MOST_CELLS if shown == _ATTRIBUTES else None
        part = _attribute_part(grouping) if most else part_picker(grouping, "edges-groups")
    st.caption(f"{ORIGIN_MEANINGS[grouping.origin]} There are {len(grouping.names):,}.")
    if shown == _GROUPS:
        block = group_matrix(graph.id, stages, grouping, part, "edges-groups")
    else:
        block = _selected_in_map(graph, table, grouping, part)
    return None if block is None else block_list(graph, grouping, stages, block)


def _attribute_part(grouping: Grouping) -> Modalities:
    """All attributes where they are few enough to be drawn, or two modalities."""
    n_groups, n = len(grouping.names), len(grouping.catalogue)
    return part_picker(grouping, "edges-signs", n_groups**2 if n * n <= _MOST_CELLS else 0)


def _selected_in_map(graph: Artefact, table: PairTable, grouping: Grouping, part: Modalities) -> Block | None:
    """The map of attributes; the groups that the drawn box touches."""
    drawn = sign_map(table, grouping, part)
    if drawn.cell.size > _MOST_CELLS:
        st.info(
            f"{drawn.cell.size:,} cells are too many to draw. Choose other modalities, or show groups.",
            icon=":material/grid_off:",
        )
        return None
    event = st.plotly_chart(
        sign_heatmap(table, grouping, drawn),
        config=CHART_CONFIG,
        key=f"edges-signs-{graph.id[:8]}-{grouping.origin}-{'-'.join(part)}",
        on_select="rerun",
        selection_mode="box",
        alt=f"Signs of {len(drawn.rows):,} by {len(drawn.columns):,} attributes, sorted by group",
    )
    st.caption(
        "Thin lines part groups, thick ones modalities; attributes of one modality are never paired, so their squares "
        "stay empty. Drag a box over the picture to list the edges of the groups it touches; hover for names and "
        "reasons."
    )
    boxes = event["selection"]["box"]
    if not boxes:
        return None
    rows = _touched(grouping, axis_names(grouping, drawn.rows), drawn.rows.tolist(), boxes[0]["y"])
    columns = _touched(grouping, axis_names(grouping, drawn.columns), drawn.columns.tolist(), boxes[0]["x"])
    return Block(rows=rows, columns=columns) if rows and columns else None


def _touched(grouping: Grouping, names: list[str], side: list[int], ends: list[str | float]) -> tuple[int, ...]:
    """The groups along a side between two of its lines, which the picture gives by name or by number."""
    places = [names.index(end) if isinstance(end, str) else round(end) for end in ends if _is_known(names, end)]
    if not places:
        return ()
    low, high = max(0, min(places)), min(len(side) - 1, max(places))
    return tuple(dict.fromkeys(int(grouping.group[position]) for position in side[low : high + 1]))


def _is_known(names: list[str], end: str | float) -> bool:
    return not isinstance(end, str) or end in names

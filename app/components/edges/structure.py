"""The structure of a graph: who has how many edges, how dense modalities are, and which triangles contradict."""

from typing import Final

import streamlit as st

from app import queries
from app.components.clusters.charts import page_text_colour
from app.components.clusters.matrix_charts import MEASURE_MEANINGS, MEASURE_NAMES, Measure, block_matrix
from app.components.edges.structure_charts import degree_histogram, triangle_bars
from app.components.edges.structure_tables import attribute_frame, edge_frame, triangle_frame
from app.components.shares import percent
from app.graph_structure import N_LISTED, Structure
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.catalogue.model import Catalogue
from core.graph.pair_lookup import row_of
from core.graph.pair_table import PairTable
from core.store.artefacts import Artefact

_HALF_PX: Final = 420
_METRIC_PX: Final = 110
_LIST_PX: Final = 320
_BALANCE_HELP: Final = (
    "Three attributes that are all joined by edges are a triangle. It is balanced when all three work together, or two "
    "work together and both conflict with the third; one + too many or three − contradict each other. An edge in many "
    "unbalanced triangles is worth a second look."
)


def graph_structure(graph: Artefact, table: PairTable) -> int | None:
    """Show the structure; returns the row, in the graph's table, of the edge chosen among the strained ones."""
    found = queries.structure(current_selection().workspace, graph.id)
    _figures(found)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("##### Edges per attribute")
        st.plotly_chart(degree_histogram(found.degrees), config=CHART_CONFIG, key=f"structure-degrees-{graph.id[:8]}")
    with right:
        st.markdown("##### Triangles", help=_BALANCE_HELP)
        st.plotly_chart(triangle_bars(found.by_negatives), config=CHART_CONFIG, key=f"structure-kinds-{graph.id[:8]}")
        st.caption(_balance_in_words(found))
    _modalities(graph, table.catalogue, found)
    _attributes(graph, table.catalogue, found)
    return _strained(graph, table, found)


def _figures(found: Structure) -> None:
    with st.grid(5, min_column_width=_METRIC_PX):
        st.metric("Attributes", f"{len(found.degrees.total):,}", help="Of the catalogue.")
        st.metric("Without edges", f"{len(found.degrees.isolated):,}", help="No + and no − with any other attribute.")
        st.metric("Only +", f"{len(found.degrees.only_positive):,}", help="Attributes with + edges and not one −.")
        st.metric("Only −", f"{len(found.degrees.only_negative):,}", help="Attributes with − edges and not one +.")
        n_all = sum(found.by_negatives)
        st.metric(
            "Balanced triangles",
            percent((found.by_negatives[0] + found.by_negatives[2]) / n_all) if n_all else "–",
            help=f"Of {n_all:,} triangles. {_BALANCE_HELP}",
        )


def _balance_in_words(found: Structure) -> str:
    n_all = sum(found.by_negatives)
    if not n_all:
        return "No three attributes are all joined by edges, so there is no triangle."
    share = percent((found.by_negatives[0] + found.by_negatives[2]) / n_all)
    return (
        f"{share} of {n_all:,} triangles are balanced. Dealing the same signs to the edges at random would give "
        f"{percent(found.by_chance)}."
    )


def _modalities(graph: Artefact, catalogue: Catalogue, found: Structure) -> None:
    st.markdown("##### Between modalities")
    measure = st.segmented_control(
        "Colour shows",
        [Measure.DENSITY, Measure.LEANING, Measure.POSITIVE, Measure.NEGATIVE],
        format_func=MEASURE_NAMES.__getitem__,
        default=Measure.DENSITY,
        required=True,
        key="structure-measure",
        help="  \n".join(f"**{MEASURE_NAMES[m]}**: {MEASURE_MEANINGS[m]}" for m in Measure),
        persist_state="session",
    )
    every = range(len(catalogue.modalities))
    figure = block_matrix(found.modalities, catalogue.modalities, every, every, measure, page_text_colour())
    st.plotly_chart(figure, config=CHART_CONFIG, key=f"structure-modalities-{graph.id[:8]}-{measure}")
    st.caption(MEASURE_MEANINGS[measure])


def _attributes(graph: Artefact, catalogue: Catalogue, found: Structure) -> None:
    degrees = found.degrees
    kinds = {
        "Without edges": degrees.isolated,
        "Only +": degrees.only_positive,
        "Only −": degrees.only_negative,
    }
    st.markdown("##### Attributes that stand out")
    chosen = st.segmented_control(
        "Show attributes",
        list(kinds),
        format_func=lambda kind: f"{kind} ({len(kinds[kind]):,})",
        default=next((kind for kind, positions in kinds.items() if len(positions)), "Without edges"),
        required=True,
        key=f"structure-attributes-{graph.id[:8]}",
    )
    if not len(kinds[chosen]):
        st.caption("There is none.")
        return
    st.dataframe(
        attribute_frame(catalogue, degrees, kinds[chosen].tolist()),
        hide_index=True,
        height="content" if len(kinds[chosen]) <= 8 else _LIST_PX,
        column_config={
            "Possible": st.column_config.NumberColumn(
                help="Attributes of other modalities: what it could have edges with."
            )
        },
        key=f"structure-attribute-list-{graph.id[:8]}-{chosen}",
    )


def _strained(graph: Artefact, table: PairTable, found: Structure) -> int | None:
    st.markdown("##### Edges that contradict their surroundings", help=_BALANCE_HELP)
    if not found.edges:
        st.caption("No edge has more unbalanced than balanced triangles.")
        return None
    st.caption(
        f"Edges with more unbalanced than balanced triangles, the most contradictory first; at most {N_LISTED} are "
        "listed. Select a row to see everything about it."
    )
    selection = st.dataframe(
        edge_frame(table, found.edges),
        hide_index=True,
        height="content" if len(found.edges) <= 8 else _LIST_PX,
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        column_config={
            "Gain": st.column_config.NumberColumn(
                help="By how many the balanced triangles would grow if this edge alone changed its sign."
            ),
            "Reason": st.column_config.TextColumn(width="large"),
        },
        key=f"structure-edges-{graph.id[:8]}",
    )
    with st.expander(f"The {len(found.triangles):,} most contradictory triangles", icon=":material/change_history:"):
        st.dataframe(
            triangle_frame(table.catalogue, found.triangles),
            hide_index=True,
            height="content" if len(found.triangles) <= 8 else _LIST_PX,
            column_config={
                "Gain": st.column_config.NumberColumn(
                    help="The sum, over its three edges, of what changing that edge's sign alone would gain."
                )
            },
            key=f"structure-triangles-{graph.id[:8]}",
        )
    selected = selection["selection"]["rows"]
    return row_of(table, *found.edges[selected[0]].ends) if selected else None

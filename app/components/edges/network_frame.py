"""The network around one attribute: choose the attribute, see what it works with and what it conflicts with."""

import streamlit as st

from app.components.plain_text import plain
from app.network_address import SIGNS, NetworkAddress
from app.network_layout import Neighbourhood, lay_out_neighbourhood
from app.state import current_selection
from core.graph.pair_table import PairTable

_SIGN_NAMES = {"both": "+ and −", "positive": "+ only", "negative": "− only"}
_USUAL_WIDTH = 800.0  # pixels between the outermost boxes on a common screen; what is wider is drawn smaller
_AROUND = 150.0  # pixels for the legend and some room above and below


def network_frame(graph_id: str, table: PairTable, suggested: str) -> None:
    """Show the neighbourhood of an attribute; `suggested` (an id) is drawn until another one is chosen."""
    catalogue = table.catalogue
    ids = [attribute.id for attribute in catalogue.attributes]
    names = {
        attribute.id: f"{attribute.value} · {attribute.modality} · {degree:,} edges"
        for attribute, degree in zip(catalogue.attributes, table.degree.tolist(), strict=True)
    }
    line = st.container(horizontal=True, vertical_alignment="bottom")
    attribute = line.selectbox(
        "Attribute in the middle",
        ids,
        index=ids.index(suggested),
        format_func=names.__getitem__,
        key=f"edges-network-{catalogue.id[:8]}-{suggested}",
        help="Starts with the first attribute of the selected row, or with the attribute that has the most edges.",
    )
    signs = line.segmented_control(
        "Edges",
        list(SIGNS),
        format_func=_SIGN_NAMES.__getitem__,
        default="both",
        required=True,
        key="edges-network-signs",
        persist_state="session",
    )
    view = lay_out_neighbourhood(table, catalogue.position_of[attribute], SIGNS[signs])
    st.caption(_in_words(catalogue[attribute].value, view))
    if view.neighbours:
        theme = "dark" if st.context.theme.type == "dark" else "light"
        address = NetworkAddress(current_selection().workspace, graph_id, attribute, signs, theme)
        st.iframe(address.url(), height=_height(view), alt=f"Network around {catalogue[attribute].value}")


def best_connected(table: PairTable) -> str:
    """The id of the attribute with the most signed edges; the first of several."""
    return table.catalogue.attributes[int(table.degree.argmax())].id


def _height(view: Neighbourhood) -> int:
    """Pixels of a frame without much empty room."""
    width, height = view.size
    return round(_AROUND + height * min(1.0, _USUAL_WIDTH / max(width, 1.0)))


def _in_words(name: str, view: Neighbourhood) -> str:
    if not view.neighbours:
        return f"{plain(name)} has no edge of this kind."
    counts = f"{plain(name)} works together with {view.n_positive:,} and conflicts with {view.n_negative:,} attributes."
    if view.n_left_out:
        counts += (
            f" Drawn are {len(view.neighbours):,}, {view.n_left_out:,} are left out: each modality keeps its share, "
            "strongest edges first. The table above has them all."
        )
    return f"{counts} Hover for reasons, scroll to zoom, drag to move."

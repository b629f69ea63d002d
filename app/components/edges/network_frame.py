"""The network around an attribute or a group: choose it, see what it works with and what it conflicts with."""

import streamlit as st

from app import queries
from app.components.clusters.matrix import ORIGIN_MEANINGS
from app.components.plain_text import plain
from app.network_address import SIGNS, USUAL, NetworkAddress
from app.network_layout import MAX_NODES, Neighbourhood, lay_out_neighbourhood
from app.services import current
from app.state import current_selection
from core.graph.grouping import Grouping
from core.graph.pair_table import PairTable

_SIGN_NAMES = {"both": "+ and −", "positive": "+ only", "negative": "− only"}
_ATTRIBUTE, _GROUP = "An attribute", "A group"
_SIZES = (20, USUAL, 150, 299)
_USUAL_WIDTH = 800.0  # pixels between the outermost boxes on a common screen; what is wider is drawn smaller
_AROUND = 150.0  # pixels for the legend and some room above and below
_LEAST_HEIGHT = 240


def network_frame(graph_id: str, table: PairTable, suggested: str) -> None:
    """Show the neighbourhood of an attribute or a group; `suggested` (an id) is drawn until another is chosen."""
    line = st.container(horizontal=True, vertical_alignment="bottom")
    with line:
        kind = st.segmented_control(
            "In the middle",
            [_ATTRIBUTE, _GROUP],
            default=_ATTRIBUTE,
            required=True,
            key="edges-network-kind",
            persist_state="session",
        )
        address = _attribute(graph_id, table, suggested) if kind == _ATTRIBUTE else _group(graph_id)
        signs = st.segmented_control(
            "Edges",
            list(SIGNS),
            format_func=_SIGN_NAMES.__getitem__,
            default="both",
            required=True,
            key="edges-network-signs",
            persist_state="session",
        )
        most = st.segmented_control(
            "Most neighbours",
            _SIZES,
            default=USUAL,
            required=True,
            key="edges-network-most",
            help=f"More show more and are smaller to read. There are never more than {MAX_NODES} boxes.",
            persist_state="session",
        )
    address = NetworkAddress(
        address.workspace,
        graph_id,
        address.attribute,
        signs,
        "dark" if st.context.theme.type == "dark" else "light",
        address.group,
        address.stages,
        most,
    )
    _draw(table, address)


def best_connected(table: PairTable) -> str:
    """The id of the attribute with the most signed edges; the first of several."""
    return table.catalogue.attributes[int(table.degree.argmax())].id


def _attribute(graph_id: str, table: PairTable, suggested: str) -> NetworkAddress:
    catalogue = table.catalogue
    ids = [attribute.id for attribute in catalogue.attributes]
    names = {
        attribute.id: f"{attribute.value} · {attribute.modality} · {degree:,} edges"
        for attribute, degree in zip(catalogue.attributes, table.degree.tolist(), strict=True)
    }
    attribute = st.selectbox(
        "Attribute in the middle",
        ids,
        index=ids.index(suggested),
        format_func=names.__getitem__,
        key=f"edges-network-{catalogue.id[:8]}-{suggested}",
        help="Starts with the first attribute of the selected row, or with the attribute that has the most edges.",
    )
    return NetworkAddress(current_selection().workspace, graph_id, attribute)


def _group(graph_id: str) -> NetworkAddress:
    workspace = current_selection().workspace
    grouping, stages = queries.grouping(workspace, graph_id), queries.grouping_stages(workspace, graph_id)
    group = st.selectbox(
        "Group in the middle",
        range(len(grouping.names)),
        format_func=lambda number: _group_name(grouping, number),
        key=f"edges-network-group-{graph_id[:8]}-{stages[:8]}",
        help=ORIGIN_MEANINGS[grouping.origin],
        persist_state="session",
    )
    return NetworkAddress(workspace, graph_id, group=group, stages=stages)


def _group_name(grouping: Grouping, number: int) -> str:
    members = grouping.members(number)
    modality = grouping.catalogue.attributes[int(members[0])].modality
    return f"{grouping.names[number]} · {modality} · {len(members):,} attribute{'s'[: len(members) != 1]}"


def _draw(table: PairTable, address: NetworkAddress) -> None:
    if address.group is None:
        name = table.catalogue[address.attribute].value
        centres = [table.catalogue.position_of[address.attribute]]
    else:
        grouping = current().groups(address.graph, address.stages)
        name, centres = grouping.names[address.group], grouping.members(address.group).tolist()
    view = lay_out_neighbourhood(table, centres, SIGNS[address.signs], address.most)
    st.caption(_in_words(name, view))
    if view.neighbours:
        st.iframe(address.url(), height=_height(view), alt=f"Network around {name}")


def _height(view: Neighbourhood) -> int:
    """Pixels of a frame without much empty room."""
    width, height = view.size
    return max(_LEAST_HEIGHT, round(_AROUND + height * min(1.0, _USUAL_WIDTH / max(width, 1.0))))


def _in_words(name: str, view: Neighbourhood) -> str:
    if not view.n_neighbours:
        return f"{plain(name)} has no edge of this kind."
    parts = [_counts_in_words(plain(name), view)]
    if len(view.centres) < view.n_centres:
        parts.append(f"Its {len(view.centres):,} attributes with the most edges are drawn.")
    if view.n_left_out:
        parts.append(
            f"Drawn are {len(view.neighbours):,}, {view.n_left_out:,} are left out: each modality keeps its share, "
            "strongest edges first. The table of pairs has them all."
        )
    return " ".join([*parts, "Hover for reasons, scroll to zoom, drag to move."])


def _counts_in_words(name: str, view: Neighbourhood) -> str:
    if view.n_centres == 1:
        return f"{name} works together with {view.n_positive:,} and conflicts with {view.n_negative:,} attributes."
    return (
        f"The {view.n_centres:,} attributes of {name} have {view.n_positive:,} + and {view.n_negative:,} − edges with "
        f"{view.n_neighbours:,} others. To the right stand those that mostly work together with them, to the left "
        "those that mostly conflict."
    )

"""The filters of the edges page: from widgets to one search."""

from itertools import combinations

import streamlit as st

from app.components.pair_text import OUTCOME_MEANINGS, OUTCOME_TITLES
from core.catalogue.model import Catalogue
from core.graph.model import Outcome
from core.graph.pair_table import SIGNED, PairOrder, PairSearch, PairTable

_ORDERS = {
    PairOrder.STRONGEST: "Strongest first",
    PairOrder.WEAKEST: "Weakest first",
    PairOrder.NAMES: "Names, A to Z",
    PairOrder.CALL: "Call number",
}
_FULL_RANGE = (0.0, 1.0)
_GENERATION = "edges-filter-generation"  # counting up gives every filter a new key: all start afresh


def edge_filters(table: PairTable) -> PairSearch:
    """Ask which pairs to show; the answers stay while other pages are visited."""
    catalogue = table.catalogue
    names = {a.id: f"{a.value} · {a.modality}" for a in catalogue.attributes}
    with st.container(border=True):
        first, second = st.columns([2, 3])
        text = first.text_input(
            "Search",
            key=_key("text"),
            type="search",
            live=True,
            placeholder="Words in either attribute or the reason",
            help="Every word must occur in one of the two attributes or in the reason. Case and accents do not matter.",
            persist_state="session",
        )
        outcomes = second.segmented_control(
            "Show",
            list(OUTCOME_TITLES),
            selection_mode="multi",
            default=list(SIGNED),
            format_func=OUTCOME_TITLES.__getitem__,
            key=_key("outcomes"),
            help="  \n".join(f"**{OUTCOME_TITLES[o]}**: {OUTCOME_MEANINGS[o]}" for o in Outcome),
            persist_state="session",
        )
        columns = st.columns(4)
        modalities = columns[0].selectbox(
            "Modalities",
            list(combinations(catalogue.modalities, 2)),
            index=None,
            format_func=lambda pair: f"{pair[0]} × {pair[1]}",
            placeholder="Any two",
            key=_key("modalities", catalogue),
            help="Only pairs of one attribute of each of these two kinds.",
            persist_state="session",
        )
        attribute = columns[1].selectbox(
            "Attribute",
            list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="Any",
            key=_key("attribute", catalogue),
            help="Only pairs with this attribute at one end. Type to search.",
            persist_state="session",
        )
        strength = columns[2].slider(
            "Strength",
            *_FULL_RANGE,
            _FULL_RANGE,
            0.05,
            key=_key("strength"),
            disabled=table.reasons is None,
            help="How clear the judge's verdict is, from 0 to 1. Uploaded edges have none.",
            persist_state="session",
        )
        order = columns[3].selectbox(
            "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, key=_key("order"), persist_state="session"
        )
    return PairSearch(
        text=text or "",
        outcomes=tuple(outcomes or ()),
        modalities=modalities,
        attribute=attribute or "",
        strength=_FULL_RANGE if table.reasons is None else strength,
        order=order,
    )


def clear_filters() -> None:
    """Set every filter back to its start."""
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def _key(name: str, catalogue: Catalogue | None = None) -> str:
    """A widget's key; choices from a catalogue are kept apart for every catalogue."""
    of_catalogue = f"-{catalogue.id[:8]}" if catalogue else ""
    return f"edges-{name}{of_catalogue}-{st.session_state.get(_GENERATION, 0)}"

"""The filters of the edges page: from widgets to one search."""

from itertools import combinations
from typing import Final

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
_FIRST_SHOWN = "+ and −"
_SHOWN: Final[dict[str, tuple[Outcome, ...]]] = {
    _FIRST_SHOWN: SIGNED,
    **{title: (outcome,) for outcome, title in OUTCOME_TITLES.items()},
    "All pairs": tuple(Outcome),
}
_FULL_RANGE = (0.0, 1.0)
_FIELD_PX = 180
_GENERATION = "edges-filter-generation"  # counting up gives every filter a new key: all start afresh


def edge_filters(table: PairTable) -> PairSearch:
    """Ask which pairs to show; the answers stay while other pages are visited."""
    with st.container(border=True):
        text = _text()
        outcomes = _outcomes()
        with st.grid(4, min_column_width=_FIELD_PX):
            modalities = _modalities(table.catalogue)
            attribute = _attribute(table.catalogue)
            strength = _strength(is_known=table.reasons is not None)
            order = _order()
    return PairSearch(
        text=text, outcomes=outcomes, modalities=modalities, attribute=attribute, strength=strength, order=order
    )


def _text() -> str:
    return (
        st.text_input(
            "Search",
            key=_key("text"),
            type="search",
            live=True,
            placeholder="Words in either attribute or the reason",
            help="Every word must occur in one of the two attributes or in the reason. Case and accents do not matter.",
            persist_state="session",
        )
        or ""
    )


def _outcomes() -> tuple[Outcome, ...]:
    """One choice, which takes the place of the one before: what it says is what is shown."""
    return _SHOWN[
        st.segmented_control(
            "Show",
            list(_SHOWN),
            default=_FIRST_SHOWN,
            required=True,
            key=_key("outcomes"),
            help="  \n".join(f"**{OUTCOME_TITLES[o]}**: {OUTCOME_MEANINGS[o]}" for o in Outcome),
            persist_state="session",
            wrap=True,
        )
    ]


def _modalities(catalogue: Catalogue) -> tuple[str, str] | None:
    return st.selectbox(
        "Modalities",
        list(combinations(catalogue.modalities, 2)),
        index=None,
        format_func=lambda pair: f"{pair[0]} × {pair[1]}",
        placeholder="Any two",
        key=_key("modalities", catalogue),
        help="Only pairs of one attribute of each of these two kinds.",
        persist_state="session",
    )


def _attribute(catalogue: Catalogue) -> str:
    names = {a.id: f"{a.value} · {a.modality}" for a in catalogue.attributes}
    return (
        st.selectbox(
            "Attribute",
            list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="Any",
            key=_key("attribute", catalogue),
            help="Only pairs with this attribute at one end. Type to search.",
            persist_state="session",
        )
        or ""
    )


def _strength(*, is_known: bool) -> tuple[float, float]:
    strength = st.slider(
        "Strength",
        *_FULL_RANGE,
        _FULL_RANGE,
        0.05,
        key=_key("strength"),
        disabled=not is_known,
        help="How clear the judge's verdict is, from 0 to 1. Uploaded edges have none.",
        persist_state="session",
    )
    return strength if is_known else _FULL_RANGE


def _order() -> PairOrder:
    return st.selectbox(
        "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, key=_key("order"), persist_state="session"
    )


def clear_filters() -> None:
    """Set every filter back to its start."""
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def _key(name: str, catalogue: Catalogue | None = None) -> str:
    """A widget's key; choices from a catalogue are kept apart for every catalogue."""
    of_catalogue = f"-{catalogue.id[:8]}" if catalogue else ""
    return f"edges-{name}{of_catalogue}-{st.session_state.get(_GENERATION, 0)}"

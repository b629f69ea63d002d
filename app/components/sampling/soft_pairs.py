"""Preferences between attribute types: pairs that should be well, or sparsely, connected."""

import streamlit as st

from app.components.configuration.draft import Draft, keep_edits
from app.components.configuration.fields import field_key, messages
from app.services import current
from core.workflows.draft_edits import Path

_FIELDS = {
    "high_priority_pairs": (
        "Prefer connected",
        "Among rows that fit a label, prefer those where these two types share many signed pairs (+ or −).",
    ),
    "low_priority_pairs": (
        "Prefer unconnected",
        "Among rows that fit a label, prefer those where these two types share few signed pairs.",
    ),
}
TypePair = tuple[str, str]


def soft_pair_inputs(draft: Draft) -> None:
    """Two lists of type pairs; a pair may stand in one of them."""
    st.caption("Preferences only tilt the choice among rows that fit. They never stop a row or a label.")
    for column, (field, (title, help_text)) in zip(st.columns(2, gap="large"), _FIELDS.items(), strict=True):
        with column:
            key = field_key((field,))
            shown = [(a, b) for a, b in draft.shown((field,))]
            st.session_state[key] = shown
            st.multiselect(
                title,
                _choices(draft, shown),
                format_func=_pair_name,
                key=key,
                placeholder="Choose pairs of types",
                help=help_text,
                on_change=_keep,
                args=(draft.graph_id, (field,), key),
            )
            messages(draft, (field,))


def _choices(draft: Draft, shown: list[TypePair]) -> list[TypePair]:
    """Pairs of types in use that can share an edge, and those chosen already, however they are written."""
    modality_of = {a.attribute_type: a.modality for a in current().graph(draft.graph_id).graph.catalogue.attributes}
    types = [name for name in draft.config.type_ranges if name in modality_of]
    possible = [
        (first, second)
        for place, first in enumerate(types)
        for second in types[place + 1 :]
        if modality_of[first] != modality_of[second]
    ]
    written = {frozenset(pair): pair for pair in shown}
    return list(dict.fromkeys([*(written.get(frozenset(pair), pair) for pair in possible), *shown]))


def _pair_name(pair: TypePair) -> str:
    return f"{pair[0]} – {pair[1]}"


def _keep(graph_id: str, path: Path, key: str) -> None:
    keep_edits(graph_id, {path: [list(pair) for pair in st.session_state[key]]})

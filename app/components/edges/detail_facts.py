"""What is known of both ends of a pair, side by side."""

from typing import Final

import streamlit as st

from app import queries
from app.components.plain_text import named, quoted, shortened
from app.state import current_selection
from core.catalogue.model import Attribute

_SHOWN: Final = 6  # facts in sight; the rest waits behind a button
_SIDE_PX: Final = 300


def facts_view(catalogue_id: str, source: Attribute, target: Attribute) -> None:
    """Show the facts of two attributes: the first few, and all of them on demand."""
    with st.grid(2, min_column_width=_SIDE_PX, gap="medium") as sides:
        for attribute in (source, target):
            with sides.cell():
                _attribute(catalogue_id, attribute)


def _attribute(catalogue_id: str, attribute: Attribute) -> None:
    kind = attribute.modality
    if attribute.attribute_type != kind:
        kind = f"{kind} · {attribute.attribute_type}"
    st.markdown(
        f"**{quoted(shortened(attribute.value, 120))}**  \n:small[:gray[{named(kind)} · {named(attribute.id)}]]"
    )
    facts = queries.attribute_facts(current_selection().workspace, catalogue_id, attribute.id)
    if not facts:
        st.caption("Nothing more is known of it.")
        return
    n_shown = len(facts)
    if len(facts) > _SHOWN and not st.session_state.get(_key(attribute)):
        n_shown = _SHOWN
    st.markdown("  \n".join(f":small[**{named(fact.label)}** {quoted(fact.text)}]" for fact in facts[:n_shown]))
    if len(facts) > _SHOWN:
        st.toggle(f"All {len(facts):,} facts", key=_key(attribute))


def _key(attribute: Attribute) -> str:
    return f"edge-panel-facts-{attribute.id}"

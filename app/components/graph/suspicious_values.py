"""Attributes whose text reads like more than a name: shown before a model sees them."""

import streamlit as st

from app import queries
from app.components.plain_text import plain
from app.state import current_selection

_SHOWN = 12


def suspicious_values(catalogue_id: str) -> None:
    """List them; nothing where every text is ordinary."""
    found = queries.suspicious_texts(current_selection().workspace, catalogue_id)
    if not found:
        return
    n = len(found)
    with st.expander(
        f"{n:,} text{'s' if n > 1 else ''} of this catalogue may try to steer a model",
        icon=":material/gpp_maybe:",
    ):
        st.caption(
            "A model is given every text in quotation marks, as data, and is told to obey none. Look whether these "
            "belong in the catalogue all the same; the Catalogue page takes a corrected file."
        )
        lines = [f"- **{plain(where)}**: {plain(why)}" for where, why in found[:_SHOWN]]
        if n > _SHOWN:
            lines.append(f"- … and {n - _SHOWN:,} more")
        st.markdown("\n".join(lines))

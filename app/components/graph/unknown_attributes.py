"""The attributes the judge knows nothing of, and what to do about them."""

import streamlit as st

from app.components.plain_text import plain
from app.navigation import page_link

_SHOWN = 40


def unknown_attributes(values: tuple[str, ...]) -> None:
    """Name them and say how to make them known; nothing where every attribute is known."""
    if not values:
        return
    named = ", ".join(plain(value) for value in values[:_SHOWN])
    more = f" … and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    st.warning(
        f"**The judge does not know {len(values):,} of these attributes**, so none of their pairs was judged: "
        f"{named}{more}. Add a column called “description” to your catalogue that says in plain words what each is "
        "(what is sold, to whom, at what price), upload it and build the graph again.",
        icon=":material/help:",
    )
    page_link("catalogue", "Upload the catalogue with descriptions")

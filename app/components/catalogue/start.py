"""The first catalogue of a workspace: the shipped examples, kept with one click."""

import streamlit as st

from app.components.catalogue.format import EXAMPLES
from app.components.catalogue.upload import show_kept
from app.services import current
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.workflows.catalogues import save_catalogue
from core.workflows.demo import DATA


def start_with_example() -> None:
    """Buttons that keep a shipped example, for a first look without a file of one's own."""
    with st.container(border=True):
        st.markdown("**No file at hand?** Start with an example: brands, audiences, platforms and countries.")
        with st.container(horizontal=True):
            for name, size in EXAMPLES.items():
                if st.button(f"Use the example with {size}", icon=":material/bolt:", key=f"start-{name}"):
                    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / name))
                    show_kept(save_catalogue(current().workspace, catalogue, f"Example ({size})"))

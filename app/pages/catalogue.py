"""Catalogue: take in files of attributes, look through what is kept, compare versions."""

import streamlit as st

from app.components.artefact_picker import artefact_picker
from app.components.catalogue.compare import catalogue_compare
from app.components.catalogue.contents import catalogue_counts, catalogue_table
from app.components.catalogue.start import start_with_example
from app.components.catalogue.upload import catalogue_upload, say_what_was_kept, upload_round
from app.components.manage_version import manage_version
from app.navigation import page_link
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE


def _contents(catalogue: Artefact) -> None:
    catalogue_counts(catalogue)
    st.subheader("Attributes")
    catalogue_table(catalogue)
    page_link("graph", "Build a graph from this catalogue")


def _first_catalogue() -> None:
    st.markdown("There is no catalogue here yet. Choose a file, or start with an example.")
    catalogue_upload()
    start_with_example()


def _versions(catalogue: Artefact) -> None:
    views = ["Contents", "Upload a file", "What changed"]
    contents, upload, compare = st.tabs(views, key=f"catalogue-view-{upload_round()}", on_change="rerun")
    with contents:
        if contents.open:
            _contents(catalogue)
    with upload:
        if upload.open:
            catalogue_upload()
    with compare:
        if compare.open:
            catalogue_compare(catalogue)


st.title("Catalogue")
st.markdown("The attributes a campaign can carry: brands, audiences, platforms, places and so on.")
say_what_was_kept()
head = st.container(horizontal=True, vertical_alignment="bottom")
with head:
    catalogue = artefact_picker(CATALOGUE, "Catalogue")
if catalogue is None:
    _first_catalogue()
else:
    with head:
        manage_version(catalogue)
    _versions(catalogue)

"""What an edges file looks like, shown on the catalogue it must fit."""

import streamlit as st

from core.catalogue.model import Catalogue
from core.catalogue.writing import csv_bytes
from core.graph.edges_csv import COLUMNS, edge_rel


def graph_file_help(catalogue: Catalogue) -> None:
    """Say what the columns hold, with an example line made of the catalogue's own attributes."""
    st.markdown(
        "A CSV file with these four columns. An end is the id of an attribute of this catalogue, or its value where no "
        "other attribute has the same; `rel` names the two modalities; `sign` is `+` or `-`. "
        "Leave out pairs without signal."
    )
    firsts = [catalogue.attributes[positions[0]] for positions in catalogue.positions_by_modality.values()]
    if len(firsts) > 1:
        source, target = firsts[:2]
        line = (source.id, target.id, edge_rel(source.modality, target.modality), "+")
        st.code(csv_bytes(COLUMNS, [line]).decode(), language=None)

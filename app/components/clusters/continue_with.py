"""From clusters to a graph."""

import streamlit as st

from app.navigation import open_page
from app.state import current_selection, fill_in, select
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_settings import Strategy
from core.workflows.stages import STAGES


def continue_with(version: Artefact) -> None:
    """A button that goes on to the Graph page, with the cluster strategy and this version of the clusters chosen."""
    if not st.button(
        "Continue the graph from these clusters",
        icon=":material/hub:",
        help="Opens the Graph page with these clusters and thresholds. Nothing is asked before you start the run.",
    ):
        return
    catalogue_id = version.manifest.parents[CATALOGUE]
    fill_in(stages="")  # what was only filled in is chosen now, so that the address says so
    select(stages=version.id)
    st.session_state["graph-strategy"] = Strategy.CLUSTER.value
    st.session_state[f"graph-part-{STAGES}-{current_selection().workspace}-{catalogue_id}"] = version.id
    open_page("graph")

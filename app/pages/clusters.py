"""Clusters: groups of attributes that are alike, what they score with each other, and edits of both by hand."""

from collections.abc import Callable

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.clusters.continue_with import continue_with
from app.components.clusters.descriptions import descriptions
from app.components.clusters.gaps import gap_of
from app.components.clusters.groups import modality_groups, modality_reports
from app.components.clusters.matrix import cluster_compatibility
from app.components.clusters.prepare import ACTION, prepare_afresh, prepare_anew, prepare_rest
from app.components.clusters.scores import cluster_scores
from app.components.clusters.version import cluster_version, follow_version, version_figures, version_history
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.job_panel import watched_job
from app.state import current_selection
from core.errors import ValenceError
from core.graph.strategies.cluster.stages import Stages
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE


def _look(catalogue: Artefact, version: Artefact) -> None:
    stages = queries.cluster_stages(current_selection().workspace, version.id)
    version_figures(version, stages)
    continue_with(version)
    gaps = st.container()
    views: dict[str, Callable[[], None]] = {
        ":material/bubble_chart: Clusters": lambda: _clusters(version, stages),
        ":material/grid_on: Scores and thresholds": lambda: _scores(version, stages),
        ":material/join_inner: Signs of a graph": lambda: _signs(catalogue, version, stages),
        ":material/description: Descriptions": lambda: descriptions(version.id, stages),
        ":material/history: Versions": lambda: version_history(version),
    }
    *tabs, anew = st.tabs([*views, ":material/add_circle: Prepare anew"], key="cluster-views", on_change="rerun")
    for tab, view in zip(tabs, views.values(), strict=True):
        with tab:
            if tab.open:
                view()
    if anew.open:  # one form for both: it must not be on the page twice
        with anew:
            prepare_anew(catalogue, version, gap_of(stages))
    else:
        with gaps:
            prepare_rest(catalogue, version, gap_of(stages))


def _first(catalogue: Artefact) -> None:
    with st.container(border=True):
        st.markdown("#### No clusters yet")
        prepare_afresh(catalogue)
    st.markdown("##### Groups that need no preparing")
    cluster_compatibility(catalogue, None)


def _clusters(version: Artefact, stages: Stages) -> None:
    if stages.clustering is None:
        st.info("This version has no clusters yet: see above.", icon=":material/bubble_chart:")
        return
    st.markdown("##### How each modality was clustered")
    modality_reports(stages.clustering)
    modality_groups(version.id, stages)


def _scores(version: Artefact, stages: Stages) -> None:
    if stages.clustering is None:
        st.info("This version has no clusters yet, so there is nothing to score.", icon=":material/grid_on:")
        return
    cluster_scores(version.id, stages)


def _signs(catalogue: Artefact, version: Artefact, stages: Stages) -> None:
    if stages.clustering is None:
        st.info("This version has no clusters yet: see above.", icon=":material/join_inner:")
        return
    cluster_compatibility(catalogue, version)


st.title("Clusters")
st.markdown(
    "Attributes that are alike, put together. Scores between clusters decide which pairs of attributes are asked, "
    "which take a sign over, and which are left out."
)
follow_version()
head = st.container(horizontal=True, vertical_alignment="bottom")
with head:
    catalogue = artefact_picker(CATALOGUE, "Catalogue")
if catalogue is None:
    empty_state("No catalogue yet", "Clusters are found in a catalogue of attributes.", "catalogue", "Add a catalogue")
else:
    watched_job(ACTION)  # before the version is picked: what a finished job made is picked with it
    with head:
        version = cluster_version(catalogue.id)
    try:
        if version is None:
            _first(catalogue)
        else:
            _look(catalogue, version)
    except ValenceError as error:
        show_failure(error)

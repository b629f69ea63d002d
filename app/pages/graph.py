"""Graph: what a run will cost, the run itself, and what came of it."""

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.graph.charts import outcomes_by_modality_pair, sign_heatmap
from app.components.graph.examples import graph_examples
from app.components.graph.file_help import graph_file_help
from app.components.graph.made_up_graphs import made_up_graphs
from app.components.graph.outcome_metrics import outcome_metrics
from app.components.graph.run_line import run_line
from app.components.graph.run_notices import run_notices
from app.components.graph.run_report import run_report
from app.components.graph.settings_form import graph_settings_form
from app.components.graph.unknown_attributes import unknown_attributes
from app.components.job_panel import watched_job
from app.components.stored_chart import stored_chart
from app.navigation import page_link
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH, save_uploaded_graph

_HEATMAP_LIMIT = 1_000


def _upload(catalogue: Artefact) -> None:
    graph_file_help(queries.catalogue(current_selection().workspace, catalogue.id))
    file = st.file_uploader("Edges file", type=["csv"], key=f"edges-upload-{catalogue.id}")
    if file and st.button("Check and keep these edges", icon=":material/upload:"):
        try:
            with st.spinner("Checking every row…"):
                saved = save_uploaded_graph(current().workspace, catalogue.id, file.getvalue(), file.name)
        except ValenceError as error:
            show_failure(error)
            return
        select(graph=saved.id)
        n_edges = saved.manifest.facts["n_positive"] + saved.manifest.facts["n_negative"]
        st.success(f"Kept {n_edges:,} edge{'s' if n_edges != 1 else ''}.")
    made_up_graphs()


def _result() -> None:
    graph = artefact_picker(GRAPH, "Graph")
    if graph is None:
        st.info("No graph yet. Build one above: the result appears here.", icon=":material/hub:")
        return
    workspace = current_selection().workspace
    statistics = queries.statistics(workspace, graph.id)
    outcome_metrics(statistics)
    run_line(graph)
    run_notices(graph)
    run_report(graph)
    unknown_attributes(queries.unknown_values(workspace, graph.id))
    st.markdown("##### How each pair of modalities was judged")
    stored_chart("outcomes-by-pair", (workspace, graph.id), lambda: outcomes_by_modality_pair(statistics))
    st.markdown("##### Examples, with reasons")
    graph_examples(graph.id)
    page_link("edges", "Search all edges")
    st.markdown("##### The whole graph")
    if statistics.n_attributes > _HEATMAP_LIMIT:
        st.info(f"Graphs are drawn up to {_HEATMAP_LIMIT:,} attributes. Look at this one an attribute at a time.")
        return
    st.caption(
        "Each cell is a pair, in the colour of what is known of it. Pairs within one modality are never asked and stay "
        "empty. Hover to see both names; drag to zoom in."
    )
    stored_chart(
        "sign-heatmap", (workspace, graph.id), lambda: sign_heatmap(*queries.outcome_matrix(workspace, graph.id))
    )


st.title("Graph")
st.markdown("Which attributes work well together in one campaign, and which conflict.")
catalogue = artefact_picker(CATALOGUE, "Catalogue")
if catalogue is None:
    empty_state(
        "No catalogue yet",
        "A graph is built from a catalogue of attributes: brands, audiences, platforms, places and so on.",
        "catalogue",
        "Add a catalogue",
    )
    made_up_graphs()
else:
    generate, upload = st.tabs(["Generate", "Upload edges"])
    with generate:
        graph_settings_form(catalogue)
    with upload:
        _upload(catalogue)
    watched_job("build_graph")
    st.subheader("Result")
    _result()

"""Sampling: what a dataset asks for, twenty rows to try it, and the job that draws all rows."""

import streamlit as st

from app.components.artefact_picker import artefact_picker
from app.components.configuration.draft import current_draft
from app.components.empty_state import empty_state
from app.components.graph.newer_version import newer_version
from app.components.job_panel import watched_id, watched_job
from app.components.sampling.config_form import config_form, refused_notice
from app.components.sampling.config_json_view import config_json_view
from app.components.sampling.config_sources import config_sources
from app.components.sampling.dataset_outcome import dataset_outcome
from app.components.sampling.dataset_start import ACTION, start_dataset
from app.components.sampling.dry_run import dry_run_section
from app.components.sampling.label_progress import watched_labels
from app.components.sampling.published import published_configs
from app.components.sampling.recipes import recipe_list, recipes_used
from app.navigation import page_link
from core.store.artefacts import Artefact
from core.workflows.graphs import GRAPH


def _sample(graph: Artefact) -> None:
    draft = current_draft(graph.id)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        view = st.segmented_control(
            "Settings",
            ["Form", "JSON"],
            default="Form",
            required=True,
            key="config-view",
            persist_state="session",
            help="Two views of the same settings, checked by the same rules.",
        )
        with st.container(horizontal=True, width="content"):
            config_sources(draft)
            published_configs(draft)
            recipe_list(draft)
    recipes_used(draft)
    if view == "JSON":
        config_json_view(draft)
    else:
        config_form(draft)
    refused_notice(draft, fields_are_shown=view != "JSON")
    st.subheader("Try it")
    dry_run_section(draft)
    st.subheader("Draw the dataset")
    start_dataset(graph, draft)
    job_id = watched_id(ACTION)
    watched_job(ACTION)
    if job_id:
        watched_labels(job_id, ACTION)
    dataset_outcome(graph.id)


st.title("Sampling")
st.markdown("Say what the rows of each label must look like, try it on a few rows, then draw the whole dataset.")
graph = artefact_picker(GRAPH, "Graph")
if graph is None:
    empty_state("No graph yet", "Rows are drawn from a signed graph.", "graph", "Build a graph")
else:
    newer_version(graph)
    page_link("density", "See what this graph can offer")
    _sample(graph)

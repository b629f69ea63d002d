"""Starting a dataset: how many rows it will have, what it will be called, and the button."""

import streamlit as st

from app.components.configuration.draft import Draft
from app.components.failure import show_failure
from app.components.job_panel import ACTIVE, watched_id
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.dataset.version import dataset_id
from core.errors import ValenceError
from core.sampler.configuration import DatasetConfig
from core.store.artefacts import Artefact
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH

ACTION = "build_dataset"
_LONGEST_NAME = 120


def start_dataset(graph: Artefact, draft: Draft) -> None:
    """Total rows, the name, and Start; disabled while something has to be corrected or rows are being drawn."""
    config = draft.config
    total = sum(params.num_samples for params in config.label_params.values())
    parts = " · ".join(f"{plain(name)} {params.num_samples:,}" for name, params in config.label_params.items())
    st.markdown(f"**{total:,} rows** in all: {parts}")
    default = f"{graph.manifest.title} · {total:,} rows"
    line = st.container(horizontal=True, vertical_alignment="bottom")
    line.text_input(
        "Name of the dataset",
        placeholder=default,
        max_chars=_LONGEST_NAME,
        key="dataset-name",
        persist_state="session",
        help="So that you and others recognise it. Left empty, it is called what you see in grey.",
    )
    is_running = _is_running()
    is_asked = line.button(
        "Draw all rows",
        type="primary",
        icon=":material/play_circle:",
        key="start-dataset",
        disabled=bool(draft.problems) or is_running,
    )
    # Not in a callback: a value typed just before the click has to be in the draft, or be refused, by now.
    if is_asked and not draft.problems:
        _start(graph, config)
    if is_running:
        st.caption("Rows are being drawn: see below.")
    elif not draft.problems:
        _tell_of_twin(graph.id, config)


def _start(graph: Artefact, config: DatasetConfig) -> None:
    title = st.session_state["dataset-name"].strip()  # left empty, the job names it by the rows there really are
    parameters = {GRAPH: graph.id, "config": config.model_dump(mode="json"), "title": title}
    try:
        job_id = current().jobs.submit(ACTION, parameters, title=f"Draw rows: {title or graph.manifest.title}")
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job_id)
    st.rerun()


def _tell_of_twin(graph_id: str, config: DatasetConfig) -> None:
    """The same graph, settings and seed make the same rows: say so where they are there already."""
    held = current()
    twin = dataset_id(held.graph(graph_id).graph, config)
    if held.workspace.artefacts.exists(DATASET, twin):
        title = plain(held.workspace.artefacts.get(DATASET, twin).manifest.title)
        st.caption(
            f":material/content_copy: “{title}” ({twin[:8]}) was drawn with exactly these settings. "
            "Drawing again makes the same rows; another seed makes other rows."
        )


def _is_running() -> bool:
    job_id = watched_id(ACTION)
    try:
        job = current().jobs.get(job_id) if job_id else None
    except ValenceError:
        return False  # a stale link; the job panel says so
    return job is not None and job.action == ACTION and job.state in ACTIVE

"""Models: teach one to tell the labels apart, and see how far it can be relied on."""

import streamlit as st

from app import queries
from app.components.datasets.split_form import SPLIT_JOB
from app.components.failure import show_failure
from app.components.job_panel import watched_job
from app.components.models.progress import training_progress
from app.components.models.run_detail import run_detail
from app.components.models.runs import chosen_run, runs_of_track, runs_side_by_side
from app.components.models.train import training_form
from app.components.models.vector_maker import MAKE_VECTORS
from app.components.models.version import no_version, version_figures, version_picker, ways_on
from app.state import current_selection
from core.errors import ValenceError
from core.workflows.board_versions import BoardVersion


def _results(version: BoardVersion) -> None:
    runs = queries.model_lines(current_selection().workspace, version.id)
    st.subheader("Trainings on this version")
    if not runs:
        st.info(
            "No model has been trained on this version yet. Begin with “Majority”: it takes a moment, and every other "
            "model must beat it.",
            icon=":material/model_training:",
        )
        return
    runs = runs_of_track(runs)
    chosen = chosen_run(runs)
    runs_side_by_side(version, runs, chosen)
    run_detail(version, runs, chosen)


def _version(version: BoardVersion) -> None:
    version_figures(version)
    watched_job(MAKE_VECTORS)
    training_form(version)
    training_progress()
    _results(version)


st.title("Models")
st.markdown(
    "Teach a model to tell from a campaign's attributes which label it has, and see how far it can be relied on."
)
watched_job(SPLIT_JOB)
try:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        version = version_picker()
        if version is not None:
            ways_on(version)
    if version is None:
        no_version()
    else:
        _version(version)
except ValenceError as error:
    show_failure(error)

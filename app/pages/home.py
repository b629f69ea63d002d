"""Home: what exists, what is next, and what ran last."""

import streamlit as st

from app.components.artefact_picker import artefact_picker
from app.components.failure import show_problems
from app.components.home.pipeline_picture import next_step_banner, pipeline_picture
from app.components.home.pipeline_steps import pipeline_steps
from app.components.home.recent_jobs import recent_jobs
from app.services import current
from app.state import current_selection
from core.workflows.catalogues import CATALOGUE
from core.workflows.pipeline import read_pipeline

_WHAT_IT_DOES = (
    "Valence makes labelled campaign data from what marketers know. You list the **attributes** a campaign can carry. "
    "A judge says which pairs of them work together (:blue[**+**]) and which conflict (:orange[**−**]): the **signed "
    "graph**. From it Valence draws **rows**, each a made-up campaign whose mix of + and − pairs fits its **label**, "
    "so that you can train and test models before you have any click data."
)

held = current().workspace
chosen = current_selection()
st.title("From marketing knowledge to labelled data")
st.markdown(_WHAT_IT_DOES)
if held.findings:
    show_problems("Opening this workspace, something had to be put right", held.findings, warning=True)
line = read_pipeline(held, catalogue_id=chosen.catalogue, graph_id=chosen.graph, draft_id=chosen.draft)
if line.n_catalogues > 1:
    artefact_picker(CATALOGUE, "Catalogue", help_text="The steps below are those of this catalogue.")
steps = pipeline_steps(line)
pipeline_picture(steps)
next_step_banner(steps)
st.subheader("Last jobs")
recent_jobs()

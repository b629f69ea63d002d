"""Tabular traps: three ways in which figures on synthetic data fool, live on a table at hand."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.job_panel import watched_job
from app.components.tabular.trap_start import choose_table, run_button
from app.components.tabular.trap_view import traps_view
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.workflows.tabular_reports import RUN_TRAPS, TRAPS, traps_id_of

st.title("Tabular traps")
st.markdown(
    "Three published ways of judging made rows that anything passes: a shuffle, a constant, and SMOTE before the "
    "split. See them succeed on a table at hand, and the figures that are not fooled."
)
try:
    schema = choose_table()
    if schema is not None:
        run_button(schema)
    watched_job(RUN_TRAPS)
    if schema is not None and current().workspace.artefacts.exists(TRAPS, traps_id_of(schema.id)):
        traps_view(queries.tabular_traps(current_selection().workspace, traps_id_of(schema.id)))
except ValenceError as error:
    show_failure(error)

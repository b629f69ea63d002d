"""Tabular lab: make more rows like those of a real table, and see honestly how good they are."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.job_panel import watched_job
from app.components.tabular.compare_form import compare_form
from app.components.tabular.engines_form import engines_form
from app.components.tabular.head_line import figures, table_and_schema
from app.components.tabular.jobs_under_way import jobs_under_way
from app.components.tabular.made import made_tables
from app.components.tabular.report_view import report_view
from app.components.tabular.sample_more import sample_more
from app.components.tabular.schema_form import schema_form
from app.components.tabular.table_source import first_table
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.tabular_reports import JUDGE_TABLES

_SCHEMA = ":material/rule: Schema"
_MAKE = ":material/play_circle: Make rows"
_MADE = ":material/table: Tables made"
_COMPARE = ":material/compare: Compare"


def _schema(table: Artefact, schema: Artefact | None) -> None:
    schema_form(table, schema)
    with st.expander("The first rows of the table", icon=":material/table_rows:"):
        head = queries.tabular_head(current_selection().workspace, table.id)
        st.dataframe(head, hide_index=True, height=320, placeholder="", alt="The first rows of the table, as text")


def _make(schema: Artefact) -> None:
    engines_form(schema)
    sample_more(schema)


def _compare(schema: Artefact) -> None:
    compare_form(schema)
    watched_job(JUDGE_TABLES)
    report_view(schema)


def _confirmed(table: Artefact, schema: Artefact) -> None:
    names = [_SCHEMA, _MAKE, _MADE, _COMPARE]
    tabs = st.tabs(names, default=_MAKE, key=f"tabular-tabs-{schema.id}", on_change="rerun")
    for name, tab in zip(names, tabs, strict=True):
        with tab:
            if tab.open:
                _view(name, table, schema)


def _view(name: str, table: Artefact, schema: Artefact) -> None:
    if name == _SCHEMA:
        _schema(table, schema)
    elif name == _MAKE:
        _make(schema)
    elif name == _MADE:
        made_tables(schema)
    else:
        _compare(schema)


st.title("Tabular lab")
st.markdown("Make more rows like those of a real table, and see honestly how close they come, and what they reveal.")
try:
    table, schema = table_and_schema()
    if table is None:
        first_table()
    else:
        figures(table, schema)
        jobs_under_way()
        if schema is None:
            _schema(table, None)
        else:
            _confirmed(table, schema)
except ValenceError as error:
    show_failure(error)

"""On which table the traps are run: a confirmed one, or the demo table, which is ready at once."""

import streamlit as st

from app.components.failure import show_failure
from app.components.job_panel import ACTIVE
from app.components.tabular.pick import pick
from app.navigation import page_link
from app.services import current
from app.state import select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.tabular.demo import DEMO_SCHEMA
from core.workflows.tabular_reports import RUN_TRAPS, TRAPS, traps_id_of
from core.workflows.tabular_schemas import SCHEMA, confirm_schema, schemas
from core.workflows.tabular_tables import keep_demo_table

_JOBS_LOOKED_AT = 200


def choose_table() -> Artefact | None:
    """The confirmed schema to run on; None, with both ways to one shown, before there is any."""
    found = schemas(current().workspace)
    if not found:
        with st.container(border=True):
            st.markdown("#### Which table?")
            st.markdown("Run the traps on made-up ad clicks now, or bring a table of your own and confirm its schema.")
            with st.container(horizontal=True, vertical_alignment="center"):
                if st.button("Use the demo table", type="primary", icon=":material/bolt:", key="traps-demo"):
                    _use_demo()
                page_link("tabular_lab", "Bring a table")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        schema = pick(SCHEMA, found, "Table", help_text="Tables whose schema is confirmed in the lab.")
        page_link("tabular_lab", "Tabular lab")
    return schema


def run_button(schema: Artefact) -> None:
    """Run the traps, unless that was done; the seed is always the same, so that they run once."""
    if current().workspace.artefacts.exists(TRAPS, traps_id_of(schema.id)):
        return
    if not schema.manifest.facts["target"]:
        st.info("The traps are about a target to predict, and this schema names none.", icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Spring the traps",
            type="primary",
            icon=":material/report:",
            key="traps-run",
            disabled=_is_running(schema),
        ):
            _submit(schema)
        st.caption("Takes less than a minute.")


def _use_demo() -> None:
    workspace = current().workspace
    try:
        with st.spinner("Making the demo table"):
            table = keep_demo_table(workspace)
            schema = confirm_schema(workspace, table.id, DEMO_SCHEMA)
        job = current().jobs.submit(RUN_TRAPS, {"table_schema": schema.id}, title=_title(schema))
    except ValenceError as error:
        show_failure(error)
        return
    select(tabular_table=table.id, tabular_schema=schema.id, job=job)
    st.rerun()


def _submit(schema: Artefact) -> None:
    try:
        job = current().jobs.submit(RUN_TRAPS, {"table_schema": schema.id}, title=_title(schema))
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job)
    st.rerun()


def _is_running(schema: Artefact) -> bool:
    jobs = current().jobs.list(_JOBS_LOOKED_AT)
    return any(
        job.action == RUN_TRAPS and job.state in ACTIVE and job.parameters.get("table_schema") == schema.id
        for job in jobs
    )


def _title(schema: Artefact) -> str:
    return f"Traps on {schema.manifest.title}"

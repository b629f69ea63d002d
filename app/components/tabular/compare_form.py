"""Choosing which made tables are judged side by side, as one job."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app.components.failure import show_failure
from app.components.job_panel import ACTIVE
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.tabular.exchange import Use
from core.workflows.tabular_reports import JUDGE_TABLES, MOST_TABLES
from core.workflows.tabular_synthetics import synthetic_tables

_JOBS_LOOKED_AT: Final = 200
_AT_FIRST: Final = 4
ANCHORS_HELP: Final = (
    "Five anchors stand in every report, so that no figure is read alone: the real rows set aside (the best there "
    "can be), a word-for-word copy (reveals all), a shuffle of every column by itself (keeps no relation), SMOTE (what "
    "is usually published), and a constant predictor (knows nothing)."
)


def compare_form(schema: Artefact) -> None:
    """Which tables to judge, and the button; whole tables only."""
    whole = [one for one in synthetic_tables(current().workspace, schema.id) if one.manifest.facts["use"] == Use.TABLE]
    if not whole:
        st.info(
            "Make a whole table first, under “Make rows”. Its likeness to the real one is judged here.",
            icon=":material/compare:",
        )
        return
    names = {
        one.id: f"{one.manifest.facts['name']} · {one.manifest.facts['n_rows']:,} rows · {one.id[:8]}" for one in whole
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Tables to judge",
            list(names),
            default=_newest_of_each(whole),
            format_func=names.__getitem__,
            key=f"tabular-judge-{schema.id}-{len(whole)}",
            max_selections=MOST_TABLES,
            placeholder="Choose tables",
            help=f"Judging takes some minutes, the anchors included. {ANCHORS_HELP}",
        )
        parameters = {"tables": chosen}
        is_clicked = st.button(
            "Judge them against the real rows",
            type="primary",
            icon=":material/compare:",
            key=f"tabular-judge-start-{current_selection().workspace}",
            disabled=not chosen or _is_judging(parameters),
        )
    if is_clicked:
        _submit(parameters, len(chosen), schema.manifest.title)


def _newest_of_each(whole: Sequence[Artefact]) -> list[str]:
    """The newest table of every engine, of the first few."""
    newest: dict[str, str] = {}
    for one in whole:
        newest.setdefault(one.manifest.facts["family"], one.id)
    return list(newest.values())[:_AT_FIRST]


def _is_judging(parameters: dict[str, list[str]]) -> bool:
    jobs = current().jobs.list(_JOBS_LOOKED_AT)
    return any(job.action == JUDGE_TABLES and job.state in ACTIVE and job.parameters == parameters for job in jobs)


def _submit(parameters: dict[str, list[str]], n_tables: int, title: str) -> None:
    try:
        said = f"Judge {n_tables} table{'s'[: n_tables > 1]} of {title}"
        job = current().jobs.submit(JUDGE_TABLES, parameters, title=said)
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job)
    st.rerun()

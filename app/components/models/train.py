"""The form that starts a training: a family, its settings, its vectors, and what is missing said before it starts."""

from typing import Any, Final

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.job_panel import ACTIVE
from app.components.models.family import family_facts, family_picker, says_what_is_missing
from app.components.models.family_fields import fields_of
from app.components.models.setting_fields import draw_fields, field_values
from app.components.models.vector_maker import vector_maker
from app.components.models.vectors import vectors_picker
from app.components.models.version import is_open
from app.components.models.words import words_of
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.jobs import Job
from core.models.protocol import Family
from core.workflows.board_versions import BoardVersion
from core.workflows.catalogues import CATALOGUE
from core.workflows.splits import SPLIT
from core.workflows.training import TRAIN_MODEL, read_request, read_settings

_MOST_SEED: Final = 2**31 - 1
_JOBS_LOOKED_AT: Final = 200


def training_form(version: BoardVersion) -> None:
    """Everything that is asked before a training, and the button."""
    with st.container(border=True):
        left, right = st.columns([2, 3], gap="large")
        with left:
            family = family_picker()
        with right:
            family_facts(family)
            is_missing = says_what_is_missing(family)
            vectors = vectors_picker(version, words_of(family.name).vectors) if words_of(family.name).vectors else ""
            fields = fields_of(family.name)
            grid = st.grid(3, min_column_width=150, vertical_alignment="bottom")
            draw_fields(family, fields.budget, grid)
            seed = grid.number_input(
                "Seed",
                0,
                _MOST_SEED,
                0,
                key=_key("seed"),
                persist_state="session",
                help="The same seed with the same settings makes the same model. Another shows how far chance goes.",
            )
            if fields.more:
                with st.expander("More settings", icon=":material/tune:"):
                    draw_fields(family, fields.more, st.grid(2, min_column_width=180, vertical_alignment="bottom"))
            robustness = st.toggle(
                "Measure how far it can be relied on",
                value=True,
                key=_key("robustness"),
                persist_state="session",
                help="Trains five more models on parts of the training rows: with fewer rows, and without some "
                "attributes. Takes a few times as long. Without it there is only the score.",
            )
            values = {
                "version": version.id,
                "family": family.name,
                "settings": field_values(family, fields.all),
                "seed": int(seed),
                "vectors": vectors,
                **({} if robustness else {"robustness": None}),
            }
            _start(version, family, values, is_missing=is_missing)
    if words_of(family.name).vectors:
        split = current().workspace.artefacts.get(SPLIT, version.id)
        vector_maker(queries.catalogue(current_selection().workspace, split.manifest.parents[CATALOGUE]), family.name)


def trainings_under_way() -> tuple[Job, ...]:
    """The trainings of this workspace that run or wait, whoever started them, the newest first."""
    jobs = current().jobs.list(_JOBS_LOOKED_AT)
    return tuple(job for job in jobs if job.action == TRAIN_MODEL and job.state in ACTIVE)


def _start(version: BoardVersion, family: Family, values: dict[str, Any], *, is_missing: bool) -> None:
    try:
        values["settings"] = read_settings(family, values["settings"]).model_dump(mode="json")
        parameters = read_request(values).model_dump(mode="json")
    except ValenceError as error:
        show_failure(error)
        return
    is_same = any(job.parameters == parameters for job in trainings_under_way())
    with st.container(horizontal=True, vertical_alignment="center"):
        is_clicked = st.button(
            "Train",
            type="primary",
            icon=":material/model_training:",
            key="models-train",
            disabled=is_missing or is_same or not is_open(version),
        )
        st.caption(_beside(version, is_missing=is_missing, is_same=is_same))
    if is_clicked:
        _submit(version, family, parameters)


def _beside(version: BoardVersion, *, is_missing: bool, is_same: bool) -> str:
    if not is_open(version):
        return "This version is closed: its labels are known, so nothing more is scored on it. Choose an open one."
    if is_missing:
        return "Something is missing: see above."
    if is_same:
        return "This very training is under way: see below."
    return "Its predictions are scored on the test rows, and stand on the Leaderboard when it is done."


def _submit(version: BoardVersion, family: Family, parameters: dict[str, Any]) -> None:
    try:
        job = current().jobs.submit(TRAIN_MODEL, parameters, title=f"{family.title} on {version.title}")
    except ValenceError as error:
        show_failure(error)
        return
    select(job=job)
    st.rerun()


def _key(name: str) -> str:
    return f"models-{name}-{current_selection().workspace}"

"""Renaming and deleting a dataset version."""

import streamlit as st

from app.components.failure import show_failure
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET

_JOBS_LOOKED_AT = 200


def dataset_manage(dataset: Artefact) -> None:
    """A popover with the two things that can be done to a version; its content never changes."""
    with st.popover("Manage", icon=":material/more_horiz:"):
        title = st.text_input("Title", dataset.manifest.title, max_chars=120, key=f"retitle-{dataset.id}").strip()
        if st.button("Rename", icon=":material/edit:", disabled=title in ("", dataset.manifest.title)):
            _rename(dataset, title)
        st.markdown(
            f"Delete **{plain(dataset.manifest.title)}** ({dataset.id[:8]}) with its "
            f"{dataset.manifest.facts['n_rows']:,} rows for good? Nothing brings it back but drawing it again."
        )
        is_sure = st.checkbox("Yes, delete it", key=f"sure-{dataset.id}")
        if st.button("Delete this version", icon=":material/delete:", disabled=not is_sure):
            _delete(dataset)


def _rename(dataset: Artefact, title: str) -> None:
    try:
        current().workspace.artefacts.retitle(DATASET, dataset.id, title)
    except ValenceError as error:
        show_failure(error)
        return
    st.rerun()


def _delete(dataset: Artefact) -> None:
    held = current().workspace
    try:
        _refuse_while_in_use(held, dataset)
        held.artefacts.delete(DATASET, dataset.id)
    except ValenceError as error:
        show_failure(error)
        return
    select(dataset="")
    st.toast(f"Deleted {plain(dataset.manifest.title)}", icon=":material/delete:")
    st.rerun()


def _refuse_while_in_use(held: Workspace, dataset: Artefact) -> None:
    """A running job names what it reads before its result exists, so the store cannot know of it yet."""
    for job in held.jobs.list(_JOBS_LOOKED_AT):
        if not job.state.is_over and job.parameters.get(DATASET) == dataset.id:
            raise ValenceError(
                f"The job {job.title!r} is using this dataset.", "Wait until it has ended, or cancel it."
            )

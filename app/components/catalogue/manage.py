"""Renaming and deleting a stored catalogue."""

import streamlit as st

from app.components.failure import show_failure
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE

_JOBS_LOOKED_AT = 200


def catalogue_manage(catalogue: Artefact) -> None:
    """A popover with the two things that can be done to a version; its content never changes."""
    # The key follows the version: once one is deleted, the popover closes and no second click can hit the next one.
    with st.popover("Manage", icon=":material/more_horiz:", key=f"manage-{catalogue.id[:8]}"):
        title = st.text_input("Title", catalogue.manifest.title, max_chars=120, key=f"retitle-{catalogue.id[:8]}")
        unchanged = title.strip() in ("", catalogue.manifest.title)
        if st.button("Rename", icon=":material/edit:", disabled=unchanged):
            current().workspace.artefacts.retitle(CATALOGUE, catalogue.id, title.strip())
            st.rerun()
        st.markdown(f"Delete **{plain(catalogue.manifest.title)}** ({catalogue.id[:8]}) for good?")
        if st.button("Delete this version", icon=":material/delete:"):
            _delete(catalogue)


def _delete(catalogue: Artefact) -> None:
    held = current().workspace
    try:
        _refuse_while_in_use(held, catalogue)
        held.artefacts.delete(CATALOGUE, catalogue.id)
    except ValenceError as error:
        show_failure(error)
        return
    select(catalogue="")
    st.toast(f"Deleted {plain(catalogue.manifest.title)}", icon=":material/delete:")
    st.rerun()


def _refuse_while_in_use(held: Workspace, catalogue: Artefact) -> None:
    """A running job names what it reads before its result exists, so the store cannot know of it yet."""
    for job in held.jobs.list(_JOBS_LOOKED_AT):
        if not job.state.is_over and catalogue.id in job.parameters.values():
            raise ValenceError(
                f"The job {job.title!r} is using this catalogue.", "Wait until it has ended, or cancel it."
            )

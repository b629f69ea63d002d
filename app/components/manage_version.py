"""Renaming and deleting a stored version of anything; its content never changes."""

import streamlit as st

from app.components.failure import show_failure
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.services import OpenWorkspace, current
from app.state import select
from core.errors import ValenceError
from core.store.artefacts import Artefact

_JOBS_LOOKED_AT = 200
_FOR_GOOD = "for good?"


def manage_version(version: Artefact, loss: str = _FOR_GOOD, *, ask_twice: bool = False) -> None:
    """A popover with the two things that can be done; `loss` ends the sentence that says what deleting means.

    The selection's field of the artefact's kind is emptied with it. Deleting is refused while a job reads the version.
    """
    # The key follows the version: once one is deleted, the popover closes and no second click can hit the next one.
    with st.popover("Manage", icon=":material/more_horiz:", key=f"manage-{version.kind}-{version.id[:8]}"):
        title = st.text_input("Title", version.manifest.title, max_chars=120, key=f"retitle-{version.id[:8]}").strip()
        is_new = title not in ("", version.manifest.title)
        if st.button("Rename", icon=":material/edit:", disabled=not is_new, key=f"rename-{version.id}"):
            _rename(version, title)
        st.markdown(f"Delete **{plain(version.manifest.title)}** ({version.id[:8]}) {loss}")
        is_sure = not ask_twice or st.checkbox("Yes, delete it", key=f"sure-{version.id}")
        if st.button("Delete this version", icon=":material/delete:", disabled=not is_sure, key=f"delete-{version.id}"):
            _delete(version)


def _rename(version: Artefact, title: str) -> None:
    try:
        current().workspace.artefacts.retitle(version.kind, version.id, title)
    except ValenceError as error:
        show_failure(error)
        return
    st.rerun()


def _delete(version: Artefact) -> None:
    held = current()
    try:
        _refuse_while_in_use(held, version)
        held.workspace.artefacts.delete(version.kind, version.id)
    except ValenceError as error:
        show_failure(error)
        return
    select(**{version.kind: ""})
    give_notice(f"Deleted {plain(version.manifest.title)}", icon=":material/delete:")
    st.rerun()


def _refuse_while_in_use(held: OpenWorkspace, version: Artefact) -> None:
    """A running job names what it reads before its result exists, so the store cannot know of it yet."""
    for job in held.jobs.list(_JOBS_LOOKED_AT):
        if not job.state.is_over and version.id in job.parameters.values():
            raise ValenceError(
                f"The job {job.title!r} is using this {version.kind}.", "Wait until it has ended, or cancel it."
            )

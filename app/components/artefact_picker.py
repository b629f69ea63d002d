"""Choosing one stored thing: the selected one, else the newest."""

import streamlit as st

from app.services import current
from app.state import current_selection, fill_in, select
from core.store.artefacts import Artefact


def artefact_picker(kind: str, label: str, *, help_text: str | None = None) -> Artefact | None:
    """A select box over one kind of artefact, newest first; a choice becomes part of the selection and of the URL.

    `kind` is also the selection's field name. Returns None, showing nothing, where the workspace has none.
    """
    found = current().workspace.artefacts.list(kind)
    if not found:
        return None
    ids = [artefact.id for artefact in found]
    chosen = getattr(current_selection(), kind)
    if chosen and chosen not in ids:
        st.warning(f"The {kind} this link points to is not in this workspace; showing the newest one.")
    if chosen not in ids:
        fill_in(**{kind: ids[0]})
    names = {artefact.id: f"{artefact.manifest.title} · {artefact.id[:8]}" for artefact in found}
    key = f"pick-{kind}-{current_selection().workspace}"
    st.session_state[key] = getattr(current_selection(), kind)
    st.selectbox(
        label, ids, format_func=names.__getitem__, key=key, on_change=_choose, args=(kind, key), help=help_text
    )
    return next(artefact for artefact in found if artefact.id == getattr(current_selection(), kind))


def _choose(kind: str, key: str) -> None:
    select(**{kind: st.session_state[key]})

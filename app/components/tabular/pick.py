"""Choosing one of the lab's stored things: the selected one, else the newest."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app.state import current_selection, fill_in, select
from core.store.artefacts import Artefact
from core.workflows.tabular_reports import TRAPS
from core.workflows.tabular_schemas import SCHEMA
from core.workflows.tabular_standings import REPORT
from core.workflows.tabular_synthetics import MODEL, SYNTHETIC
from core.workflows.tabular_tables import TABLE

# What is made from what, in order: another choice drops every choice that follows it.
_ORDER: Final = (TABLE, SCHEMA, MODEL, SYNTHETIC, REPORT, TRAPS)


def pick(kind: str, found: Sequence[Artefact], label: str, *, help_text: str | None = None) -> Artefact | None:
    """A select box over what was found, newest first; the choice becomes part of the selection and of the address.

    None where nothing was found, showing nothing but that a link led to something.
    """
    ids = [artefact.id for artefact in found]
    chosen = getattr(current_selection(), kind)
    if not ids:
        if chosen:
            st.warning(f"The {label.lower()} this link points to is not here any more.")
            fill_in(**{kind: ""})
        return None
    if chosen and chosen not in ids:
        st.warning(f"The {label.lower()} this link points to is not here; showing the newest one.")
    if chosen not in ids:
        fill_in(**{kind: ids[0]})
    key = f"tabular-pick-{kind}-{current_selection().workspace}"
    st.session_state[key] = getattr(current_selection(), kind)
    names = {artefact.id: f"{artefact.manifest.title} · {artefact.id[:8]}" for artefact in found}
    st.selectbox(
        label, ids, format_func=names.__getitem__, key=key, on_change=_choose, args=(kind, key), help=help_text
    )
    return next(artefact for artefact in found if artefact.id == getattr(current_selection(), kind))


def show_only(kind: str, id: str) -> None:
    """Select one thing and drop every choice that was made from another one."""
    select(**dict.fromkeys(_ORDER[_ORDER.index(kind) + 1 :], ""), **{kind: id})


def _choose(kind: str, key: str) -> None:
    show_only(kind, st.session_state[key])

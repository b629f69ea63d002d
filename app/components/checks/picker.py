"""Which check set is used."""

import streamlit as st

from app.components.checks.words import set_name
from app.services import current
from app.state import current_selection, fill_in, select
from core.store.artefacts import Artefact
from core.workflows.checks import CHECKS


def check_set_picker() -> Artefact | None:
    """A select box over all versions of all check sets, newest first; None, showing nothing, where there is none."""
    found = {version.id: version for version in current().workspace.artefacts.list(CHECKS)}
    chosen = current_selection().checks
    if chosen and chosen not in found:
        st.warning("The check set this link points to is not in this workspace.", icon=":material/link_off:")
    if not found:
        return None
    if chosen not in found:
        fill_in(checks=next(iter(found)))
    older = {version.manifest.parents.get(CHECKS, "") for version in found.values()}
    names = {id: f"{set_name(version)}{' · older version' if id in older else ''}" for id, version in found.items()}
    key = f"pick-checks-{current_selection().workspace}"
    st.session_state[key] = current_selection().checks
    st.selectbox(
        "Check set",
        list(found),
        format_func=names.__getitem__,
        key=key,
        on_change=_choose,
        args=(key,),
        help="Pairs whose answer is known beforehand. A set belongs to no catalogue: pairs that the graph's catalogue "
        "lacks are listed.",
    )
    return found[current_selection().checks]


def _choose(key: str) -> None:
    select(checks=st.session_state[key])

"""What happens once a check set was kept: it is selected, shown, and said so once."""

import streamlit as st

from app.components.checks.words import set_name
from app.components.plain_text import plain
from app.services import current
from app.state import select
from core.store.artefacts import Artefact
from core.workflows.checks import CHECKS

_KEPT = "checks-kept"  # the id of the version kept a moment ago, for one message
_ROUND = "checks-round"  # how often something was kept in this session


def checks_round() -> int:
    """A number that grows each time something is kept: widgets that carry it in their key then start anew."""
    count: int = st.session_state.get(_ROUND, 0)
    return count


def show_kept(version: Artefact) -> None:
    """Select a version and draw the page anew with it."""
    select(checks=version.id)
    st.session_state[_KEPT] = version.id
    st.session_state[_ROUND] = checks_round() + 1
    st.rerun()


def say_what_was_kept() -> None:
    """One message after something was kept."""
    kept = st.session_state.pop(_KEPT, "")
    if kept and current().workspace.artefacts.exists(CHECKS, kept):
        version = current().workspace.artefacts.get(CHECKS, kept)
        st.success(f"Kept: {plain(set_name(version))}.", icon=":material/check_circle:")

"""A part of the panel that is folded away: what is in it is neither counted nor drawn before somebody opens it."""

from collections.abc import Callable

import streamlit as st

from app.components.failure import show_failure
from core.errors import ValenceError


def fold(label: str, name: str, icon: str, show: Callable[[], None]) -> None:
    """A folded part; it stays open while other pairs are selected. What keeps it from being shown is said in it."""
    part = st.expander(label, key=f"edge-panel-{name}", icon=icon, on_change="rerun")
    if part.open:
        with part:
            try:
                show()
            except ValenceError as error:
                show_failure(error)

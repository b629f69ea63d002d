"""Notices of what was done: they come up once, beside the page, and go by themselves.

A toast followed by a rerun seldom reaches the screen: the browser gets both in one go and drops what the second run
has not drawn. A notice is kept until a run gets to its end.
"""

from typing import Final

import streamlit as st

_NOTICES: Final = "notices"


def give_notice(text: str, icon: str) -> None:
    """Show this line, in Markdown, when a run of the whole page has got to its end: this one, or the one after it."""
    st.session_state.setdefault(_NOTICES, []).append((text, icon))


def show_notices() -> None:
    """Show what has been noticed since the last run that got to its end."""
    for text, icon in st.session_state.pop(_NOTICES, []):
        st.toast(text, icon=icon)

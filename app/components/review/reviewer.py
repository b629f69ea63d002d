"""Who is reviewing: a name, chosen from those known or typed anew; every decision is kept under it."""

import streamlit as st

from app.services import current
from app.state import current_selection, select
from core.store.review_log import reviewer_faults
from core.workflows.reviews import known_reviewer


def reviewer_now(catalogue_id: str) -> str:
    """The name of the selection as it was written first; empty without one that can be recorded: links bring any."""
    name = current_selection().reviewer
    return "" if not name or reviewer_faults(name) else known_reviewer(current().workspace, catalogue_id, name)


def reviewer_field(catalogue_id: str) -> str:
    """Ask for the reviewer's name, which becomes part of the selection; empty until there is a usable one.

    Another spelling of a known name, in case or spaces, is taken for the known one.
    """
    chosen, in_link = reviewer_now(catalogue_id), current_selection().reviewer
    known = current().workspace.reviews.reviewers(catalogue_id)
    key = f"review-name-{current_selection().workspace}"
    typed = st.session_state.get(key) or ""
    if not reviewer_faults(typed.strip()) or not typed:
        st.session_state[key] = chosen or None
    st.selectbox(
        "Your name",
        sorted({*known, *([chosen] if chosen else [])}, key=str.casefold),
        index=None,
        key=key,
        accept_new_options=True,
        placeholder="Choose, or type your name",
        on_change=_choose,
        args=(key, catalogue_id),
        help="Your decisions are kept under this name.",
    )
    unusable = typed.strip() if typed or chosen else in_link
    for what, fix in reviewer_faults(unusable) if unusable else []:
        st.error(f"**{what}** {fix}", icon=":material/error:")
    return chosen


def _choose(key: str, catalogue_id: str) -> None:
    name = (st.session_state[key] or "").strip()
    is_usable = not reviewer_faults(name)
    select(reviewer=known_reviewer(current().workspace, catalogue_id, name) if is_usable else "")

"""One line on what the board shows now: open or closed, how many entries, since when."""

import streamlit as st

from app.components.leaderboard.words import day_text, which_text
from core.workflows.board import Board, ScoreSource


def state_line(board: Board) -> None:
    """Whether submissions are taken, and how many entries are shown of how many models."""
    version, n = board.version, len(board.entries)
    counts = (
        f"{n:,} model{'s' * (n != 1)} ranked, {len(board.history):,} entr{'y' if len(board.history) == 1 else 'ies'}"
    )
    if board.choice.source is ScoreSource.SELF_REPORTED:
        st.badge("Self-reported", icon=":material/edit_note:", color="orange")
    elif version is not None and version.closed_at:
        st.badge(f"Closed {day_text(version.closed_at)}", icon=":material/lock:", color="gray")
    elif version is not None:
        st.badge("Open for submissions", icon=":material/lock_open:", color="green")
    if version is None and board.choice.source is ScoreSource.VERIFIED:
        return  # no rows that a score could be of
    st.caption(f"{counts}, {which_text(board.is_final, board.choice.source)}")

"""The board as a file."""

from functools import partial

import streamlit as st

from core.workflows.board import Board
from core.workflows.board_files import board_csv, board_json


def export_menu(board: Board) -> None:
    """Offer the board as it is shown; a file is written only when somebody clicks."""
    name = f"leaderboard-{board.choice.dataset[:8]}-{board.choice.kind}-{board.choice.track}"
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "_" for char in name)
    with st.popover("Export", icon=":material/download:", disabled=not board.entries):
        st.caption("The entries shown, with intervals, ranks and where they came from.")
        for label, write, suffix, mime in (
            ("For a spreadsheet (CSV)", board_csv, "csv", "text/csv"),
            ("With history and matrices (JSON)", board_json, "json", "application/json"),
        ):
            st.download_button(
                label,
                partial(write, board),
                file_name=f"{safe}.{suffix}",
                mime=mime,
                icon=":material/download:",
                key=f"board-export-{suffix}",
                on_click="ignore",
            )

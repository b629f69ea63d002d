"""What a model could score, as figures on a card."""

from typing import Final

import streamlit as st

from app.components.reference_lines import reference_lines
from core.leaderboard.lines import Lines

_FIGURE_PX: Final = 150


def line_figures(lines: Lines, rows: str = "these very test rows") -> None:
    """The lines that scores are held against, as the board names them; `rows` says what they were measured on."""
    found = reference_lines(lines, rows)
    grid = st.grid(len(found), min_column_width=_FIGURE_PX)
    for line in found:
        about = f"{line.says[0].upper()}{line.says[1:]}."
        grid.metric(
            line.name, f"{line.value:.3f}", line.beside, delta_color="off", delta_arrow="off", help=about, border=True
        )

"""What a model could score: the lines that scores are held against."""

from typing import Final

import streamlit as st

from core.leaderboard.lines import Lines

_FIGURE_PX: Final = 150


def reference_lines(lines: Lines, rows: str = "these very test rows") -> None:
    """The three lines as macro F1 in percent; `rows` says what they were measured on."""
    figures = [
        (
            "Knows the graph",
            lines.oracle,
            f"The oracle line: macro F1 on {rows} of a model that knows every sign and calls each row by "
            "the best rule for the ranges its shares of + and − pairs lie in.",
        ),
        (
            "The labels allow",
            lines.ceiling,
            "The ceiling: where the labels' ranges overlap, no model can tell which label drew a row. This is the best "
            f"macro F1 that any could expect on clean rows; on {rows}, noise and chance included, it is "
            f"{_percent(lines.ceiling_on_rows)}.",
        ),
        ("Guessing", lines.majority, "The floor: macro F1 of calling every row by the most frequent label."),
    ]
    grid = st.grid(len(figures), min_column_width=_FIGURE_PX)
    for label, value, about in figures:
        grid.cell().metric(label, _percent(value), help=about, border=True)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"

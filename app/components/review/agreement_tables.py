"""Tables of agreement: the measures with what each means, raters two by two, and the answers of two in full."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.components.pair_text import OUTCOME_SIGNS
from app.components.review.agreement_words import (
    MEASURE_MEANINGS,
    MEASURE_TITLES,
    figure_text,
    interval_text,
    with_interval,
)
from core.graph.review.agreement_report import Coefficients, TwoRaters
from core.graph.review.ratings import ANSWERS
from core.graph.review.reliability import Measure

_ROW_PX = 35
_HEADER_PX = 37
_MOST_ROWS = 12


def measures_table(coefficients: Coefficients) -> None:
    """Every measure with its interval and one sentence."""
    frame = pd.DataFrame(
        {
            "Measure": title,
            "Value": figure_text(coefficients[measure]),
            "95% interval": interval_text(coefficients[measure]),
            "What it says": MEASURE_MEANINGS[measure],
        }
        for measure, title in MEASURE_TITLES.items()
    )
    st.table(frame.set_index("Measure"))
    undefined = [MEASURE_TITLES[m] for m, c in coefficients.items() if c.n_units and not c.is_defined]
    if undefined:
        st.caption(f"{' and '.join(undefined)} are not defined where everybody always gave one and the same answer.")


def most_first(rows: Sequence[TwoRaters]) -> list[TwoRaters]:
    """Those who met on most pairs first."""
    return sorted(rows, key=lambda two: -two.n_pairs)


def table_of_two(rows: Sequence[TwoRaters], titles: tuple[str, str], key: str) -> None:
    """One row for every two raters, with all measures; `titles` of the columns with the names."""
    frame = pd.DataFrame(
        {
            titles[0]: two.one,
            titles[1]: two.other,
            "Pairs": two.n_pairs,
            **{MEASURE_TITLES[measure]: with_interval(two.coefficients[measure]) for measure in Measure},
        }
        for two in rows
    )
    st.dataframe(
        frame,
        hide_index=True,
        height=_HEADER_PX + _ROW_PX * min(len(frame), _MOST_ROWS),
        column_config={
            "Pairs": st.column_config.NumberColumn(format="localized", help="Pairs that both decided."),
            **{
                MEASURE_TITLES[measure]: st.column_config.TextColumn(help=f"{text} In brackets the 95% interval.")
                for measure, text in MEASURE_MEANINGS.items()
            },
        },
        key=key,
    )


def two_in_full(rows: Sequence[TwoRaters], key: str, title: str) -> None:
    """How often each answer of one met each answer of the other, for two raters of choice."""
    if not rows:
        return
    with st.expander(title, icon=":material/grid_on:"):
        place = 0
        if len(rows) > 1:
            place = st.selectbox(
                "Who",
                range(len(rows)),
                format_func=lambda i: f"{rows[i].one} and {rows[i].other} · {rows[i].n_pairs:,} pairs",
                key=f"{key}-who-{len(rows)}",
            )
        two = rows[place]
        signs = [OUTCOME_SIGNS[outcome] for outcome in reversed(ANSWERS)]  # + first
        frame = pd.DataFrame(two.counts[::-1, ::-1], columns=[f"{two.other}: {sign}" for sign in signs])
        frame.insert(0, "Answers", [f"{two.one}: {sign}" for sign in signs])
        st.dataframe(frame, hide_index=True, width="content", key=f"{key}-counts")

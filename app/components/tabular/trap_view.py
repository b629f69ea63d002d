"""One trap: what was done, what a report would show, what is true, and the lesson."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app.components.plain_text import plain, quoted
from core.tabular.report.traps_model import Trap, TrapFigure, Traps

_CARD_PX = 190
_PUBLISHED = "published-"
_NAMES: Final = {
    "ks": "KS",
    "js": "Jensen-Shannon",
    "propensity": "Logistic propensity AUC",
    "worst-pair": "Worst pair of columns",
    "discriminator": "Discriminator AUC",
    "weighted-f1": "Weighted F1",
    "mae": "MAE",
    "roc-auc": "ROC AUC",
    "shown-auc": "ROC AUC",
    "honest-auc": "ROC AUC",
}


def traps_view(traps: Traps) -> None:
    """Every trap in a box of its own."""
    target = f"Target: {plain(traps.target)} = {plain(traps.positive)}. " if traps.target else ""
    st.caption(
        f"{target}{traps.n_train:,} rows to learn from, {traps.n_holdout:,} set aside; seed {traps.seed}. Every figure "
        "below was measured on this very table."
    )
    for number, trap in enumerate(traps.traps, start=1):
        with st.container(border=True):
            _trap(number, trap)


def _trap(number: int, trap: Trap) -> None:
    st.markdown(f"#### {number}. {plain(trap.title)}")
    st.markdown(quoted(trap.what_was_done))
    misleading = [figure for figure in trap.figures if figure.misleads]
    honest = [figure for figure in trap.figures if not figure.misleads]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(":orange[:material/visibility: **What would be reported**]")
        _figures(misleading)
    with right:
        st.markdown(":green[:material/fact_check: **What an honest figure shows**]")
        _figures(honest)
    st.markdown(f":material/lightbulb: **Lesson.** {quoted(trap.lesson)}")


def _figures(figures: Sequence[TrapFigure]) -> None:
    """Figures of this table as large numbers; those at the ratio of the published comparison in one line below."""
    published = [figure for figure in figures if figure.name.startswith(_PUBLISHED)]
    grid = st.grid(2, min_column_width=_CARD_PX)
    for figure in figures:
        if figure not in published:
            with grid.container(border=True, height="stretch", gap="xxsmall"):
                st.metric(figure_name(figure.name), f"{figure.value:.3f}")
                st.caption(plain(figure.remark))
    if published:
        said = ", ".join(
            f"{_inside(figure_name(figure.name.removeprefix(_PUBLISHED)))} **{figure.value:.4f}**"
            for figure in published
        )
        st.markdown(f"The same {plain(published[0].remark)}, as in a published comparison: {said}.")


def _inside(name: str) -> str:
    """A name within a sentence; MAE and AUC stay as they are."""
    return name if name[:2].isupper() else f"{name[0].lower()}{name[1:]}"


def figure_name(name: str) -> str:
    """What a figure of a trap is called on the page."""
    return _NAMES.get(name) or name.replace("-", " ").capitalize()

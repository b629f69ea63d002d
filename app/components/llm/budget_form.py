"""The hard limits of a run that is paid for."""

import streamlit as st

from app.components.graph.form import has_price
from app.components.graph.form_knobs import BUDGET
from app.components.graph.judge_picker import JudgeChoice
from app.components.knobs import draw_knob


def budget_form(judge: JudgeChoice) -> None:
    """Limits in calls, tokens and money; nothing where the judge is free."""
    if judge.model is None:
        return
    st.markdown("##### Limits")
    is_priced = has_price(judge)
    for knob, column in zip(BUDGET, st.columns(3), strict=True):
        draw_knob(knob, column, disabled=knob.path == "budget.max_cost" and not is_priced)
    st.caption(
        "At a limit the run stops cleanly, keeps every answer and gives a graph of what was judged."
        if is_priced
        else "At a limit the run stops cleanly and keeps every answer. Money cannot be limited while the price of "
        "this model is unknown: add it to the price table on the Settings page."
    )

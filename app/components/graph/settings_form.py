"""The form of a graph run: the judge, the strategies with their cost side by side, limits, knobs and the button."""

import streamlit as st

from app.components.graph.cost_comparison import chosen_strategy, cost_comparison
from app.components.graph.judge_picker import judge_name, judge_picker
from app.components.graph.start import start_graph
from app.components.graph.strategy_knobs import strategy_knobs
from app.components.llm.budget_form import budget_form
from core.store.artefacts import Artefact

__all__ = ["graph_settings_form", "judge_name"]


def graph_settings_form(catalogue: Artefact) -> None:
    """Ask for everything that shapes a run, show what it costs before anything is asked, and start it."""
    judge = judge_picker(catalogue.id)
    # The cards stand above the fields they depend on: they are filled last, when every field is known.
    cards = st.container()
    budget_form(judge)
    strategy_knobs(chosen_strategy(), judge, catalogue.id)
    with cards:
        plan = cost_comparison(catalogue.id, judge)
    start_graph(catalogue, plan, judge)

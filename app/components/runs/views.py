"""The views of an opened run, and how one leads to another."""

from typing import Final

import streamlit as st

FIGURES: Final = ":material/monitoring: Figures"
CALLS: Final = ":material/forum: Calls"
SETTINGS: Final = ":material/tune: Settings"
COMPARE: Final = ":material/compare_arrows: Compare"

VIEWS_KEY: Final = "run-views"


def outcome_key(run_id: str) -> str:
    """The key of the filter of a run's calls by outcome."""
    return f"run-calls-outcome-{run_id}"


def show_calls(run_id: str, outcome: str) -> None:
    """Turn to the calls of a run that ended so; to be called before the views are drawn."""
    st.session_state[VIEWS_KEY] = CALLS
    st.session_state[outcome_key(run_id)] = outcome

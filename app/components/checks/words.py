"""How check sets and what became of their pairs are called on the page."""

from typing import Any, Final

import streamlit as st

from app.components.edges.table import badge_colour
from app.components.pair_text import OUTCOME_SIGNS
from core.graph.model import Outcome
from core.store.artefacts import Artefact

EXPECTED: Final = (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
EXPECTED_MEANINGS: Final = {
    Outcome.POSITIVE: "+ works together",
    Outcome.NEGATIVE: "− conflicts",
    Outcome.NEUTRAL: "0 ambiguous",
}
PART_HELP: Final = (
    "Some sets come in two parts: whoever tunes rules or prompts looks at the mistakes in **tune** only, so that "
    "**final** still says how good they are. The offline judge's rules were tuned on the shipped set's tune part."
)


def set_name(version: Artefact) -> str:
    """Title, short id and size of a check set."""
    n_pairs = version.manifest.facts["n_pairs"]
    return f"{version.manifest.title} · {version.id[:8]} · {n_pairs:,} pair{'s'[: n_pairs != 1]}"


def sign_column(label: str, help_text: str) -> Any:
    """A column of outcomes as badges in the colours of the signs; its cells are lists of one sign."""
    return st.column_config.MultiselectColumn(
        label,
        options=[OUTCOME_SIGNS[outcome] for outcome in Outcome],
        color=[badge_colour(outcome) for outcome in Outcome],
        help=help_text,
        width=105,
    )

"""Names and decisions as the cards write them; text of users stays text, on one line, and no longer than it may be."""

from typing import Final

from app.components.pair_text import OUTCOME_SIGNS, OUTCOME_TITLES, outcome_badge
from app.theme import NEUTRAL, OUTCOME_COLOURS
from core.graph.review.resolution import OUTCOME_OF
from core.store.review_log import Decision

SKIP_TITLE: Final = "skipped"
SIGN_COLOURS: Final = {
    decision: OUTCOME_COLOURS[OUTCOME_OF[decision].name.lower()] if decision in OUTCOME_OF else NEUTRAL
    for decision in Decision
}


def decision_badge(decision: Decision) -> str:
    """What was decided, as a Markdown badge."""
    outcome = OUTCOME_OF.get(decision)
    return f":gray-badge[{SKIP_TITLE}]" if outcome is None else outcome_badge(outcome, in_full=True)


def decision_sign(decision: Decision) -> str:
    """What was decided, as plain text: its sign, or `skipped`."""
    outcome = OUTCOME_OF.get(decision)
    return SKIP_TITLE if outcome is None else OUTCOME_SIGNS[outcome]


def decision_title(decision: Decision) -> str:
    """What was decided, as plain text: its sign and meaning, or `skipped`."""
    outcome = OUTCOME_OF.get(decision)
    return SKIP_TITLE if outcome is None else OUTCOME_TITLES[outcome]

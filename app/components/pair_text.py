"""How outcomes and pairs are written: the same words and badges everywhere."""

from typing import Final

from app.components.plain_text import plain
from core.graph.model import Outcome
from core.graph.pair_table import Pair

OUTCOME_TITLES: Final = {
    Outcome.POSITIVE: "+ works together",
    Outcome.NEGATIVE: "− conflicts",
    Outcome.NEUTRAL: "0 no signal",
    Outcome.UNJUDGED: "Not judged",
    Outcome.UNRESOLVED: "No answer",
}
OUTCOME_SIGNS: Final = {
    Outcome.POSITIVE: "+",
    Outcome.NEGATIVE: "−",
    Outcome.NEUTRAL: "0",
    Outcome.UNJUDGED: "not judged",
    Outcome.UNRESOLVED: "no answer",
}
OUTCOME_MEANINGS: Final = {
    Outcome.POSITIVE: "Pairs judged to work well together in one campaign.",
    Outcome.NEGATIVE: "Pairs judged to conflict.",
    Outcome.NEUTRAL: "Pairs the judge looked at and found no meaningful signal in.",
    Outcome.UNJUDGED: "Nobody looked at these pairs, or the judge does not know one of the attributes.",
    Outcome.UNRESOLVED: "Pairs that were asked but got no usable answer.",
}
_BADGE_COLOURS = {Outcome.POSITIVE: "blue", Outcome.NEGATIVE: "orange"}


def outcome_badge(outcome: Outcome, *, in_full: bool = False) -> str:
    """The outcome as a Markdown badge: its sign, or its sign and meaning."""
    text = OUTCOME_TITLES[outcome] if in_full else OUTCOME_SIGNS[outcome]
    return f":{_BADGE_COLOURS.get(outcome, 'gray')}-badge[{plain(text)}]"


def pair_names(pair: Pair) -> str:
    """Both values in bold, as Markdown; text of users is escaped."""
    return f"**{plain(pair.source.value)}** × **{plain(pair.target.value)}**"


def reason_text(pair: Pair) -> str:
    """The judge's reason, or why there is none; plain text, to be escaped where it becomes Markdown."""
    return pair.reason or "No reason is known: the uploaded file holds only signs."


def pair_line(pair: Pair) -> str:
    """Badge, both attributes and the reason, as Markdown; text of users and judges is escaped."""
    return f"{outcome_badge(pair.outcome)} {pair_names(pair)}  \n{plain(reason_text(pair))}"

"""The head of the panel: what counts of a pair today, the reason, and how it came about."""

from typing import Final

import streamlit as st

from app.components.edges.detail_known import KnownPair
from app.components.pair_text import outcome_badge
from app.components.plain_text import named, pair_words, quoted
from app.components.shares import percent
from core.graph.model import Basis, Outcome
from core.graph.pair_answer import PairAnswer
from core.graph.review.answers import reason_of

_BASES: Final = {
    Basis.ASKED: "asked directly",
    Basis.INHERITED: "taken over from its two clusters",
    Basis.INFERRED: "inferred from other pairs",
    Basis.REVIEWED: "reviewed by people",
    Basis.UPLOADED: "uploaded",
}
_NO_REASON: Final = "No reason is known: the uploaded file holds only signs."


def verdict_view(pair: KnownPair) -> None:
    """Show both names, the sign, the reason and where they come from; a review of today comes before the judge."""
    st.subheader(pair_words(pair.source.value, pair.target.value), anchor=False)
    st.markdown(f"{outcome_badge(pair.now, in_full=True)} :small[:gray[{_standing(pair)}]]")
    if pair.first is None:
        st.markdown("> This graph says nothing of this pair.")
        return
    st.markdown(f"> {quoted(pair.first.reason or _NO_REASON)}")
    st.caption(f"{_who(pair)}{provenance(pair.first)}")


def provenance(answer: PairAnswer) -> str:
    """How an answer came about, in one line of Markdown without text of users."""
    parts = [_BASES[answer.basis]]
    if answer.call is not None:
        parts[0] += f" (call {answer.call:,})"
    if answer.strength is not None:
        parts.insert(0, f"strength {answer.strength:.2f}")
    if answer.probability is not None:
        parts.append(f"{percent(answer.probability)} sure that the judge would say so")
    if answer.stability is not None:
        parts.append(f"asked again, {percent(answer.stability)} of the answers were the same")
    return " · ".join(parts)


def _who(pair: KnownPair) -> str:
    return f"{named(pair.judge)} · " if pair.stored.verdicts is not None else ""


def _standing(pair: KnownPair) -> str:
    """Who decided, where people did, and what was said first."""
    if pair.resolved is None:
        return ""
    said = Outcome.UNJUDGED if pair.first is None else pair.first.outcome
    if pair.resolved.is_conflict:
        return "Reviewers disagree, so the first answer stands until somebody settles it."
    before = "as the graph had it" if said == pair.now else f"before reviews: {_word(said)}"
    kept = "" if pair.outcome == pair.now else " · not yet in this graph"
    return f"{quoted(reason_of(pair.resolved))} · {before}{kept}"


def _word(outcome: Outcome) -> str:
    return {Outcome.POSITIVE: "+", Outcome.NEGATIVE: "−", Outcome.NEUTRAL: "0"}.get(outcome, "nothing")

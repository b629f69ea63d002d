"""The line that says what the last key did: it is on the disk when the line is on the screen."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app import queries
from app.components.plain_text import named, pair_words, quoted
from app.components.review.card import judge_words
from app.components.review.decisions import UNDONE
from app.components.review.desk_state import DeskState
from app.components.review.words import decision_badge, decision_sign
from app.services import current
from app.state import current_selection
from core.catalogue.model import Catalogue
from core.graph.review.queue_file import Queue
from core.store.review_log import Decision, Review

_SHOWN_PEOPLE: Final = 3


def saved_line(queue: Queue, catalogue: Catalogue, state: DeskState) -> Review | None:
    """Say what was saved or taken back last; returns the review whose look-alikes the desk deals with, if any: a
    decision that stands, or one that was taken back, since what repeats it stays.
    """
    if not state.last:
        st.markdown(":small[:gray[:material/cloud_done: Every decision is saved at once. You can stop at any time.]]")
        return None
    card = queue.cards[state.about - 1]
    known = current().workspace.reviews.of_pair(queue.catalogue, card.source, card.target)
    review = next(review for review in known if review.id == state.last)
    pair = pair_words(catalogue[review.source].value, catalogue[review.target].value)
    if state.told == UNDONE:
        said = f":gray-badge[:material/undo: Undone] {decision_sign(review.decision)} for {pair}"
        st.markdown(said + _decided_since(review, known))
        return review
    st.markdown(_saved_words(queue, review, pair))
    return None if review.decision is Decision.SKIP or not review.stands else review


def _decided_since(undone: Review, known: Sequence[Review]) -> str:
    """Who else has decided the pair after what was taken back, in a line of its own; empty where nobody has."""
    others = [r for r in known if r.stands and r.number > undone.number and r.reviewer != undone.reviewer]
    who = {
        r.reviewer: f"{named(r.reviewer)} {decision_sign(r.decision)}" for r in others if r.decision != Decision.SKIP
    }
    if not who:
        return ""
    more = f" and {len(who) - _SHOWN_PEOPLE} more" if len(who) > _SHOWN_PEOPLE else ""
    names = ", ".join(list(who.values())[:_SHOWN_PEOPLE])
    return f"  \n:small[Decided by others since, which stays: {names}{more}]"


def _saved_words(queue: Queue, review: Review, pair: str) -> str:
    line = f":green-badge[:material/check: Saved] {decision_badge(review.decision)} {pair}"
    if review.note:
        line += f" · “{named(review.note)}”"
    if review.is_blind and review.decision is not Decision.SKIP:
        judged = queries.first_answer(current_selection().workspace, queue.graph, review.source, review.target)
        why = queue.card_of[review.source, review.target].why
        line += f"  \n:small[{judge_words(judged)}]  \n:small[:gray[In the queue because: {quoted(why)}]]"
    return line

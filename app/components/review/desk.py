"""The desk: one card after another, decided by a key or a button, and what was saved, said at once.

Everything here is one fragment, so that a decision draws nothing but the card anew.
"""

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import queries
from app.components.failure import show_failure
from app.components.plain_text import plain
from app.components.review.card import ShownCard, card_body, card_head
from app.components.review.decisions import decide, has_seen, undo
from app.components.review.desk_end import desk_end
from app.components.review.desk_state import DeskState, change_desk, desk_state
from app.components.review.keys import KeyPress, review_keys
from app.components.review.lookalikes import lookalike_offer, prepare_offers
from app.components.review.saved_line import saved_line
from app.services import current
from app.state import current_selection
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.review.assignment import QueueProgress
from core.graph.review.queue_file import Card, Queue
from core.store.review_log import Decision, Review
from core.workflows.review_queues import queue_progress, take_card

_UNDO: Final = "undo"
_NOTE: Final = "review-note-text"
_NOTE_BOX: Final = "review-note"
_MAX_NOTE: Final = 2_000
_SAVED_PX: Final = 108
_BUTTONS: Final = {
    Decision.POSITIVE: (":blue[**+** Works together]", "Key: +"),
    Decision.NEGATIVE: (":orange[**−** Conflicts]", "Key: −"),
    Decision.NEUTRAL: ("**0** No signal", "Key: 0. Together they are neither good nor bad."),
    Decision.SKIP: ("Skip", "Key: S. Somebody else may decide it; you do not see it again."),
}


@st.fragment
def review_desk(queue: Queue, catalogue: Catalogue, reviewer: str) -> None:
    """Show the next card of a queue to a reviewer, until nothing is left for them."""
    try:
        _desk(queue, catalogue, reviewer)
    except ValenceError as error:
        show_failure(error)


def _desk(queue: Queue, catalogue: Catalogue, reviewer: str) -> None:
    state = desk_state(queue.id, reviewer)
    card = take_card(current().workspace, queue, reviewer, state.wanted)
    state = change_desk(state, card=card.number if card else 0, wanted=0)
    done = queue_progress(current().workspace, queue, reviewer)
    is_blind = _progress_line(queue, state, reviewer, done)
    line = st.container(height=_SAVED_PX, border=False)  # of one height, so that the card stays in its place
    saved, offer = line.columns((2.8, 1), gap="small")
    review = _saved(saved, queue, catalogue, state)
    with st.container(border=True, gap="small"):
        head, keys, body = (st.container(gap="small") for _ in range(3))
    is_hidden, has_decided = False, done.n_mine + done.n_skipped > 0
    if card is None:
        with head:
            desk_end(queue, reviewer, done)
            _undo_button(queue, state, reviewer, has_decided=has_decided)
    else:
        is_seen = state.peeked == card.number or has_seen(queue, card, reviewer)
        is_hidden = is_blind and not is_seen
        shown = _shown(queue, catalogue, card, is_hidden=is_hidden, is_seen=is_blind and is_seen)
        with head:
            card_head(shown)
            _buttons(queue, state, reviewer, is_hidden=is_hidden, has_decided=has_decided)
        with body:
            card_body(shown)
    with keys:  # they tell the browser that the card is complete, so they come after it
        _keys(queue, state, reviewer, is_hidden=is_hidden)
    with offer:  # last, since looking for look-alikes must not keep the card from the screen
        if review is None:
            prepare_offers(queue)  # while the first card is read, not after it is decided
        else:
            lookalike_offer(queue, catalogue, review)


def _progress_line(queue: Queue, state: DeskState, reviewer: str, done: QueueProgress) -> bool:
    """How far the queue is, and the switch of the blind mode; True while it is on."""
    line = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    text = f"You decided **{done.n_mine:,}** · **{done.n_done:,}** of {done.n_cards:,} cards are done"
    if any(card.n_needed > 1 for card in queue.cards):
        text += " :small[:gray[· some need two reviewers]]"
    line.progress(done.n_done / done.n_cards, text=text)
    key = f"review-blind-{queue.id}"
    st.session_state.setdefault(key, queue.settings.is_blind)

    def switched() -> None:
        if not st.session_state[key]:
            change_desk(desk_state(queue.id, reviewer), peeked=state.card)

    return line.toggle(
        "Blind",
        key=key,
        on_change=switched,
        persist_state="session",
        help="Hides what the judge said until you have decided, so that it cannot sway you. "
        "Only blind decisions count when the judge's error rate is measured.",
    )


def _shown(queue: Queue, catalogue: Catalogue, card: Card, *, is_hidden: bool, is_seen: bool) -> ShownCard:
    return ShownCard(
        catalogue.id,
        catalogue[card.source],
        catalogue[card.target],
        queries.first_answer(current_selection().workspace, queue.graph, card.source, card.target),
        card.why_before(is_hidden),
        f"Card {card.number:,} of {len(queue):,}",
        is_hidden,
        is_seen,
    )


def _buttons(queue: Queue, state: DeskState, reviewer: str, *, is_hidden: bool, has_decided: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for decision, (label, help_text) in _BUTTONS.items():
            st.button(
                label,
                key=f"review-{decision.name.lower()}",
                help=help_text,
                on_click=_act,
                args=(queue, reviewer, decision.value, state.turn, is_hidden),
            )
        _undo_button(queue, state, reviewer, has_decided=has_decided)
        with st.container(key=_NOTE_BOX):
            st.text_input(
                "Note",
                key=_NOTE,
                max_chars=_MAX_NOTE,
                placeholder="Key: N. Why? Enter or Esc when done.",
                label_visibility="collapsed",
                help="Kept with your decision. It helps whoever settles a conflict.",
            )


def _undo_button(queue: Queue, state: DeskState, reviewer: str, *, has_decided: bool) -> None:
    st.button(
        "Undo",
        key="review-undo",
        icon=":material/undo:",
        help="Key: U. Takes back your last decision in this queue and shows its card again.",
        on_click=_act,
        args=(queue, reviewer, _UNDO, state.turn, False),
        disabled=not has_decided,
    )


def _keys(queue: Queue, state: DeskState, reviewer: str, *, is_hidden: bool) -> None:
    def pressed(press: KeyPress) -> None:
        _act(queue, reviewer, press.key, press.turn, is_hidden)

    review_keys(state.turn, _NOTE_BOX, pressed, has_card=bool(state.card))


def _act(queue: Queue, reviewer: str, key: str, turn: int, is_hidden: bool) -> None:
    """Do what a key or a button of one turn says; a second one of the same turn does nothing."""
    state = desk_state(queue.id, reviewer)
    if turn != state.turn:
        return
    if key == _UNDO:
        undo(queue, state, reviewer)
    elif state.card:
        note = st.session_state.get(_NOTE) or ""
        if decide(queue, state, reviewer, Decision(key), note, is_hidden=is_hidden):
            st.session_state[_NOTE] = ""


def _saved(place: DeltaGenerator, queue: Queue, catalogue: Catalogue, state: DeskState) -> Review | None:
    """Say what the last key did; the decision that it saved, if it stands."""
    with place:
        if state.failure:
            st.error(f"**Not saved.** {plain(state.failure)}", icon=":material/error:")
            return None
        return saved_line(queue, catalogue, state)

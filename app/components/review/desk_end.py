"""What the desk shows when nothing is left for a reviewer: what is done, what others hold, what they skipped."""

import streamlit as st

from app.components.review.desk_state import change_desk, desk_state
from app.services import current
from core.errors import ValenceError
from core.graph.review.assignment import QueueProgress
from core.graph.review.queue_file import Queue
from core.store.review_log import Decision


def desk_end(queue: Queue, reviewer: str, done: QueueProgress) -> None:
    """Say that the reviewer is through, and what can be done now."""
    if done.is_finished:
        st.markdown("#### :material/task_alt: This queue is done")
        st.markdown(f"All {done.n_cards:,} cards have their decisions. You made {done.n_mine:,} of them.")
    else:
        st.markdown("#### :material/task_alt: Nothing is left for you here")
        st.markdown(_what_is_left(done))
    with st.container(horizontal=True):
        if not done.is_finished:
            st.button(
                "Look again",
                key="review-look-again",
                icon=":material/refresh:",
                help="A card that somebody leaves undecided is free again after ten minutes.",
            )
        if done.n_skipped:
            st.button(
                f"Bring back the {done.n_skipped:,} I skipped",
                key="review-unskip",
                icon=":material/replay:",
                on_click=_bring_back,
                args=(queue, reviewer),
            )


def _what_is_left(done: QueueProgress) -> str:
    parts = [f"You decided {done.n_mine:,} of {done.n_cards:,} cards."]
    if done.n_held:
        parts.append(f"{done.n_held:,} more {'are' if done.n_held != 1 else 'is'} before other reviewers right now.")
    if done.n_skipped:
        parts.append(f"You skipped {done.n_skipped:,}; others can decide them.")
    waiting = done.n_cards - done.n_done - done.n_held - done.n_skipped
    if waiting > 0:
        parts.append(f"{waiting:,} wait for a second reviewer.")
    return " ".join(parts)


def _bring_back(queue: Queue, reviewer: str) -> None:
    log = current().workspace.reviews
    skips = [
        review.id
        for review in log.of_queue(queue.id)
        if review.reviewer == reviewer and review.stands and review.decision is Decision.SKIP
    ]
    try:
        log.withdraw(skips, reviewer)
    except ValenceError as error:
        change_desk(desk_state(queue.id, reviewer), failure=str(error))

"""The line above the cards: which queue, who is reviewing, the link to share, and the way out."""

import streamlit as st

from app.components.plain_text import named
from app.components.review.reviewer import reviewer_field, reviewer_now
from app.components.review.share_link import share_link
from app.services import current
from app.state import current_selection, select
from core.graph.review.queue_file import Queue
from core.graph.review.queue_settings import ABOUT
from core.store.artefacts import Artefact
from core.workflows.review_queues import open_queue, put_cards_back


def queue_head(artefact: Artefact, reviewer: str) -> None:
    """Name the queue and the reviewer."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title("Review", width="content")
        st.markdown(f"**{named(artefact.manifest.title)}** :small[:gray[{artefact.id[:8]}]]", width="stretch")
        st.button("All queues", key="review-leave", icon=":material/arrow_back:", type="tertiary", on_click=leave_queue)
        if reviewer:
            with st.popover(f"{named(reviewer)}", icon=":material/person:", type="tertiary"):
                reviewer_field(artefact.manifest.parents["catalogue"])
        share_link(artefact.id)


def invitation(queue: Queue) -> None:
    """Ask somebody who opened a link who they are."""
    with st.container(border=True):
        n_cards = len(queue)
        st.markdown(f"##### {n_cards:,} pair{'s' if n_cards != 1 else ''} to look at")
        st.markdown(
            f"{ABOUT[queue.settings.policy]} You see one at a time and say whether the two work well together in one "
            "campaign. Every answer is saved at once, and you can stop at any time."
        )
        reviewer_field(queue.catalogue)


def leave_queue() -> None:
    """Go back to all queues; a card that was on the desk is free for others at once."""
    selection = current_selection()
    held = current().workspace
    if selection.reviewer and any(found.id == selection.queue for found in held.artefacts.list("queue")):
        queue = open_queue(held, selection.queue)
        put_cards_back(held, queue, reviewer_now(queue.catalogue))
    select(queue="")

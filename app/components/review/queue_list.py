"""The queues of a catalogue, how far each is, and the way into them."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.plain_text import named
from app.components.review.share_link import share_link
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.review.queue_settings import ABOUT, QueuePolicy
from core.store.artefacts import Artefact
from core.workflows.graphs import GRAPH
from core.workflows.review_queues import POLICY_NAMES, queue_progress, queues_of

_PER_PAGE = 6


def queue_list(catalogue_id: str, reviewer: str) -> None:
    """List the queues, newest first."""
    found = queues_of(current().workspace, catalogue_id)
    if not found:
        st.info(
            "No queue yet. A queue holds the pairs that are worth looking at, in order: make one below.",
            icon=":material/playlist_add:",
        )
        return
    n_pages = -(-len(found) // _PER_PAGE)
    page = st.pagination(n_pages, key=f"review-queue-pages-{n_pages}") if n_pages > 1 else 1
    for queue in found[(page - 1) * _PER_PAGE : page * _PER_PAGE]:
        try:
            _entry(queue, reviewer)
        except ValenceError as error:  # a damaged queue must not hide the others
            show_failure(error)


def _entry(artefact: Artefact, reviewer: str) -> None:
    queue = queries.review_queue(current_selection().workspace, artefact.id)
    done = queue_progress(current().workspace, queue, reviewer)
    policy = queue.settings.policy
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap="xxsmall"):
            st.markdown(f"**{named(artefact.manifest.title)}** :small[:gray[{artefact.id[:8]}]]")
            st.caption(ABOUT[policy], help=_seed_help(policy, queue.settings.seed))
        mine = f" · you decided {done.n_mine:,}" if reviewer else ""
        st.progress(
            done.n_done / done.n_cards,
            text=f":small[{done.n_done:,} of {done.n_cards:,} cards done{mine}]",
            width=260,
        )
        share_link(artefact.id)
        st.button(
            _action(reviewer, done.n_left, done.n_mine),
            key=f"review-open-{artefact.id}",
            type="primary" if reviewer and done.n_left else "secondary",
            on_click=_open,
            args=(artefact,),
        )


def _open(artefact: Artefact) -> None:
    select(queue=artefact.id, graph=artefact.manifest.parents[GRAPH])


def _action(reviewer: str, n_left: int, n_mine: int) -> str:
    if reviewer and not n_left:
        return "Look"
    return "Go on" if n_mine else "Start"


def _seed_help(policy: QueuePolicy, seed: int) -> str:
    return f"{POLICY_NAMES[policy]}, seed {seed}: the same settings choose the same pairs."

"""Making a review queue of pairs listed on another page, and the way to it."""

import streamlit as st

from app.components.failure import show_failure
from app.navigation import page_link
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.review.queue_settings import QueueSettings
from core.workflows.review_queues import create_queue


def make_listed_queue(graph_id: str, settings: QueueSettings, title: str, key: str) -> None:
    """Make the queue and select it, or show why not; `key` is where `listed_queue_link` looks for it."""
    try:
        queue = create_queue(current().workspace, graph_id, settings, title)
    except ValenceError as error:
        show_failure(error)
        return
    select(queue=queue.id)
    st.session_state[key] = queue.id


def listed_queue_link(key: str) -> None:
    """The way to the queue made under `key`, as long as it is the selected one."""
    queue_id = st.session_state.get(key)
    if queue_id and queue_id == current_selection().queue:
        page_link("review", f"Review queue {queue_id[:8]} is ready: open it")

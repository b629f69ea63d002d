"""The link to a queue, for other reviewers: it says which queue, not who opens it."""

from urllib.parse import urlencode, urlsplit

import streamlit as st

from app.state import current_selection


def share_link(queue_id: str) -> None:
    """A small button that shows the link, ready to be copied."""
    with st.popover("Share", icon=":material/share:", type="tertiary"):
        st.markdown("Whoever opens this link gets the next cards of this queue, under their own name.")
        st.code(queue_link(st.context.url or "", queue_id), language=None, wrap_lines=True)


def queue_link(address: str, queue_id: str) -> str:
    """The queue's link on the server of an address; the ids that it needs, and no reviewer."""
    parts = urlsplit(address)
    start = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"{start}/review?{urlencode({'workspace': current_selection().workspace, 'queue': queue_id})}"

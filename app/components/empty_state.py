"""What a page shows when there is nothing yet: one sentence, and the one step that changes it."""

import streamlit as st

from app.navigation import page_link


def empty_state(title: str, sentence: str, url_path: str, link_label: str) -> None:
    """Say what is missing and link to where it is made."""
    with st.container(border=True):
        st.markdown(f"#### {title}")
        st.markdown(sentence)
        page_link(url_path, link_label)

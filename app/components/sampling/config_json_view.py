"""The configuration as JSON: read, written over, uploaded and downloaded; checked by the class behind the form."""

import streamlit as st

from app.components.configuration.draft import Draft, replace_draft
from app.components.failure import show_failure
from app.components.notice import give_notice
from core.errors import InvalidInput
from core.sampler.configuration import config_id, config_json, parse_config

_MOST_MB = 5


def config_json_view(draft: Draft) -> None:
    """The JSON text with Apply, and the same as a file, in and out."""
    text = config_json(draft.config)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _text_view(draft, text)
    with right:
        st.download_button(
            "Download the JSON",
            text,
            file_name="config.json",
            mime="application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        _file_view(draft)


def _text_view(draft: Draft, text: str) -> None:
    # One text per kept configuration: a change in the form brings its own text here.
    key = f"config-json-{draft.graph_id}-{config_id(draft.config)}"
    st.session_state.setdefault(key, text)
    written = st.text_area("Settings as JSON", key=key, height=520, persist_state="session")
    with st.container(horizontal=True, vertical_alignment="center"):
        apply = st.button("Apply", type="primary", icon=":material/check:")
        st.caption("Nothing is changed before you apply." if written != text else "This is what the form shows.")
    if apply:
        _use(draft, written)


def _file_view(draft: Draft) -> None:
    file = st.file_uploader("Upload a JSON file", type=["json"], max_upload_size=_MOST_MB, key="config-json-file")
    if file and st.button("Use this file", icon=":material/upload:"):
        _use(draft, file.getvalue())


def _use(draft: Draft, data: str | bytes) -> None:
    """Replace the whole configuration, or list everything that is wrong and change nothing."""
    try:
        config = parse_config(data)
    except InvalidInput as error:
        show_failure(error)
        return
    replace_draft(draft.graph_id, config)
    give_notice("The form shows these settings now.", icon=":material/check_circle:")
    st.rerun()

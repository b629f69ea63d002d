"""The selection: the ids a session is working on, in one session-state key and in the URL.

A browser refresh wipes the session, so the URL is where the selection survives; links to it can be shared.
"""

from dataclasses import asdict, dataclass, fields, replace

import streamlit as st

_KEY = "selection"


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids only: the workspace's name, artefact ids, the job being watched and the configuration draft."""

    workspace: str = ""
    catalogue: str = ""
    graph: str = ""
    dataset: str = ""
    job: str = ""
    draft: str = ""


def current_selection() -> Selection:
    """This session's selection, taken from the URL on the session's first run."""
    if _KEY not in st.session_state:
        known = {field.name for field in fields(Selection)}
        st.session_state[_KEY] = Selection(**{k: v for k, v in st.query_params.items() if k in known})
    selection: Selection = st.session_state[_KEY]
    return selection


def select(**changes: str) -> Selection:
    """Change some ids. Another workspace drops every other id, since ids mean nothing outside their workspace."""
    before = current_selection()
    if changes.get("workspace", before.workspace) != before.workspace:
        before = Selection()
    st.session_state[_KEY] = replace(before, **changes)
    publish_selection()
    return current_selection()


def publish_selection() -> None:
    """Write the selection into the URL, leaving out what is empty."""
    wanted = {name: value for name, value in asdict(current_selection()).items() if value}
    for name in (field.name for field in fields(Selection)):
        if name in wanted and st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]
        elif name not in wanted and name in st.query_params:
            del st.query_params[name]

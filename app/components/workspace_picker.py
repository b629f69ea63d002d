"""The sidebar's workspace picker: choose where to work, or make an empty place."""

import streamlit as st

from app.services import workbench
from app.state import current_selection, select
from core.errors import ValenceError


def workspace_picker() -> None:
    """Show the picker and make sure that a workspace is selected; a name from a stale link falls back with a word."""
    names = workbench().names()
    chosen = current_selection().workspace
    if chosen and chosen not in names:
        st.warning(f"There is no workspace “{chosen}” here; showing “{names[0]}” instead.")
    if chosen not in names:
        select(workspace=names[0])
    with st.sidebar:
        st.markdown("### :material/hub: Valence")
        st.selectbox(
            "Workspace",
            names,
            index=names.index(current_selection().workspace),
            key="workspace-picker",
            on_change=_switch,
            help="One folder with its own catalogues, graphs, datasets and jobs. Nothing is shared between workspaces.",
        )
        if not workbench().only:
            with st.popover("New workspace", icon=":material/add:", width="stretch"):
                st.text_input("Name", key="new-workspace", placeholder="spring-campaign")
                st.button("Create", on_click=_create, type="primary")
        if problem := st.session_state.pop("workspace-problem", ""):
            st.error(problem)


def _switch() -> None:
    select(workspace=st.session_state["workspace-picker"])


def _create() -> None:
    name = st.session_state["new-workspace"].strip()
    try:
        workbench().create(name)
    except ValenceError as error:
        st.session_state["workspace-problem"] = str(error)
        return
    st.session_state["workspace-picker"] = name
    select(workspace=name)

"""The sidebar's workspace picker: choose where to work, or make an empty place."""

import streamlit as st

from app.components.brand import show_brand
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.services import workbench
from app.state import current_selection, fill_in, select
from core.errors import InvalidInput, ValenceError

_PICKER, _NAME, _PROBLEM = "workspace-picker", "new-workspace", "workspace-problem"


def workspace_picker() -> None:
    """Show the picker and make sure that a workspace is selected; a name from a stale link falls back with a word."""
    names = workbench().names()
    chosen = current_selection().workspace
    if chosen and chosen not in names:
        st.warning(f"There is no workspace “{chosen}” here; showing “{names[0]}” instead.")
    if chosen not in names:
        fill_in(workspace=names[0])
    show_brand()
    with st.sidebar:
        st.session_state[_PICKER] = current_selection().workspace
        st.selectbox(
            "Workspace",
            names,
            key=_PICKER,
            on_change=_switch,
            help="One folder with its own catalogues, graphs, datasets and jobs. Nothing is shared between workspaces.",
        )
        if not workbench().only:
            _new_workspace()


def _new_workspace() -> None:
    # The key follows the workspace, so that the popover closes once the new one is open.
    popover = st.popover(
        "New workspace", icon=":material/add:", width="stretch", key=f"new-workspace-in-{current_selection().workspace}"
    )
    with popover, st.form("new-workspace-form", border=False):
        st.text_input("Name", key=_NAME, placeholder="spring-campaign")
        st.form_submit_button("Create", on_click=_create, type="primary")
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(plain(problem))


def _switch() -> None:
    select(workspace=st.session_state[_PICKER])


def _create() -> None:
    name = st.session_state[_NAME].strip()
    try:
        workbench().create(name)
    except InvalidInput as error:
        st.session_state[_PROBLEM] = " ".join(f"{problem.message} {problem.fix}" for problem in error.problems)
        return
    except ValenceError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    st.session_state[_NAME] = ""
    select(workspace=name)
    give_notice(f"Workspace {plain(name)} is ready.", icon=":material/check_circle:")

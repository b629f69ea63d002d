"""Navigation, page configuration and the workspace picker; nothing else."""

from pathlib import Path

import streamlit as st

from app.components.failure import show_failure
from app.components.notice import show_notices
from app.components.workspace_picker import workspace_picker
from app.navigation import navigation_links, pages_by_section
from app.state import adopt_url, selection_in_url

st.set_page_config(page_title="Valence", page_icon=Path(__file__).with_name("assets") / "icon.png", layout="wide")

page = st.navigation(pages_by_section(), position="hidden")
try:
    adopt_url()
    links, chosen = st.sidebar.empty(), selection_in_url()
    navigation_links(links)
    workspace_picker()
    page.run()
    if selection_in_url() != chosen:
        navigation_links(links)  # what the page has chosen meanwhile goes along to the next one
except Exception as error:  # noqa: BLE001 - the last door before the screen
    show_failure(error)
show_notices()

"""Navigation, page configuration and the workspace picker; nothing else."""

from pathlib import Path

import streamlit as st

from app.components.failure import show_failure
from app.components.workspace_picker import workspace_picker
from app.navigation import pages_by_section
from app.state import publish_selection

st.set_page_config(page_title="Valence", page_icon=Path(__file__).with_name("assets") / "icon.png", layout="wide")

page = st.navigation(pages_by_section(), expanded=True)
try:
    workspace_picker()
    publish_selection()
    page.run()
except Exception as error:  # noqa: BLE001 - the last door before the screen
    show_failure(error)

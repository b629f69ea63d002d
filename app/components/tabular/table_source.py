"""Getting a table in: a file of one's own, or the demo table."""

from pathlib import PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.components.failure import show_failure
from app.components.tabular.pick import show_only
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.tabular.schema import MOST_COLUMNS
from core.workflows.tabular_tables import TABLE, keep_demo_table, keep_table

_FORMATS = ["csv", "parquet", "xlsx"]
_MOST_MB = 1_000
_ROUND = "tabular-upload-round"  # how often a table was kept in this session


def first_table() -> None:
    """What a workspace without any table shows: the two ways to get one, side by side."""
    own, demo = st.columns(2, gap="large")
    with own.container(border=True, height="stretch"):
        st.markdown("#### :material/upload_file: Your own table")
        _upload()
    with demo.container(border=True, height="stretch"):
        st.markdown("#### :material/science: The demo table")
        _demo()


def another_table() -> None:
    """The same two ways in a popover, beside the tables that are there."""
    with st.popover("Add a table", icon=":material/add:", key=f"tabular-add-{_round()}"):
        _upload()
        _demo()


def _upload() -> None:
    file = st.file_uploader(
        "Table",
        _FORMATS,
        key=f"tabular-file-{_round()}-{current_selection().workspace}",
        max_upload_size=_MOST_MB,
        help="CSV, Parquet or Excel (first sheet), with a header row. The file stays on this server.",
    )
    st.caption(f"One row per click or campaign, with a header row: up to 1 million rows and {MOST_COLUMNS} columns.")
    if file is not None:
        _offer_to_keep(file)


def _offer_to_keep(file: UploadedFile) -> None:
    title = st.text_input("Title", PurePath(file.name).stem, max_chars=120, key=f"tabular-title-{file.file_id}").strip()
    if not st.button("Read and keep this table", type="primary", icon=":material/check:", disabled=not title):
        return
    try:
        with st.spinner("Reading the table"):
            kept = keep_table(current().workspace, file.getvalue(), file.name, title)
    except ValenceError as error:
        show_failure(error)
        st.caption("Nothing was kept. Mend the file and choose it again.")
        return
    _show(kept.id)


def _demo() -> None:
    st.markdown(
        "20,000 made-up ad clicks with the quirks of real ones: cities, devices, lists of interests, missing cells, "
        "and 1.8% positives. Nobody's data."
    )
    if st.button("Use the demo table", icon=":material/bolt:", key="tabular-demo"):
        try:
            with st.spinner("Making the demo table"):
                kept = keep_demo_table(current().workspace)
        except ValenceError as error:
            show_failure(error)
            return
        _show(kept.id)


def _show(table: str) -> None:
    show_only(TABLE, table)
    st.session_state[_ROUND] = _round() + 1
    st.rerun()


def _round() -> int:
    count: int = st.session_state.get(_ROUND, 0)
    return count

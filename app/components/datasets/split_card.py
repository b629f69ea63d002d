"""One split: its rows, the lines that scores are held against, its files, and its place on the board."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import streamlit as st

from app import queries
from app.components.datasets.split_lines import line_figures
from app.components.failure import show_failure
from app.components.open_with import open_with
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.dataset.split_files import (
    ATTRIBUTES_FILE,
    TEST_JSONL,
    TEST_PARQUET,
    TRAIN_JSONL,
    TRAIN_PARQUET,
    VECTORS_FILE,
)
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.store.version_table import VersionRow
from core.workflows.board_versions import close_version, open_version
from core.workflows.splits import delete_split, lines_of

_FIGURE_PX: Final = 150
_FILES: Final = {
    TRAIN_JSONL: ("Training rows (JSONL)", "application/jsonl"),
    TRAIN_PARQUET: ("Training rows (Parquet)", "application/vnd.apache.parquet"),
    TEST_JSONL: ("Test rows (JSONL)", "application/jsonl"),
    TEST_PARQUET: ("Test rows (Parquet)", "application/vnd.apache.parquet"),
    ATTRIBUTES_FILE: ("Attributes", "application/vnd.apache.parquet"),
    VECTORS_FILE: ("Vectors", "application/vnd.apache.parquet"),
}
_KINDS: Final = {"random": "Random split", "cold": "Cold split"}


def split_card(split: Artefact) -> None:
    """Everything about one split in a bordered box."""
    card = queries.split_card(current_selection().workspace, split.id)
    version = current().workspace.versions.find(split.id)
    with st.container(border=True, key=f"split-{split.id[:8]}"):
        st.markdown(f"##### {plain(split.manifest.title)}")
        st.caption(f"{_KINDS[card['kind']]} · {_state_text(version)} · {split.id[:8]}")
        _rows(card)
        line_figures(lines_of(card))
        _actions(split, version)


def _state_text(version: VersionRow | None) -> str:
    if version is None:
        return "not on the board"
    if version.is_open:
        return f"open on the board since {version.opened_at[:10]}"
    return f"closed on {version.closed_at[:10]}"


def _rows(card: Mapping[str, Any]) -> None:
    figures = [
        ("Training rows", card["n_train"], "With labels: everybody may read them."),
        ("Public test rows", card["n_public"], "Scores shown while the version is open are of these."),
        ("Private test rows", card["n_private"], "Scores of these are shown when the version is closed."),
    ]
    if card["kind"] == "cold":
        held = f"No training row holds one of {card['n_held_out']:,} attributes, every test row does."
        figures.append(("Rows left out", card["n_left_out"], f"{held} Rows that fit neither part are left out."))
    grid = st.grid(len(figures), min_column_width=_FIGURE_PX)
    for label, number, about in figures:
        grid.cell().metric(label, f"{number:,}", help=about, border=True)
    least = card["settings"]["min_public_rows"]
    if card["n_public"] < least:
        st.caption(
            f":material/info: Fewer than {least:,} public rows: the scores shown are coarse. Draw more for finer ones."
        )


def _downloads(split: Artefact) -> None:
    store = current().workspace.artefacts
    with st.popover("Files", icon=":material/download:", key=f"split-files-{split.id[:8]}"):
        for name, (label, mime) in _FILES.items():
            if name in split.manifest.files:
                st.download_button(
                    label,
                    partial(store.read, split, name),
                    file_name=f"split-{split.id[:8]}-{name}",
                    mime=mime,
                    icon=":material/download:",
                    on_click="ignore",
                    key=f"split-{name}-{split.id[:8]}",
                )


def _actions(split: Artefact, version: VersionRow | None) -> None:
    key = split.id[:8]
    with st.container(horizontal=True, vertical_alignment="center"):
        _downloads(split)
        if version is None:
            if st.button("Open on the board", icon=":material/flag:", type="primary", key=f"split-open-{key}"):
                _attempt(partial(open_version, current().workspace, split.id))
            is_sure = st.checkbox("Delete it for good", key=f"split-sure-{key}")
            if st.button("Delete", icon=":material/delete:", disabled=not is_sure, key=f"split-delete-{key}"):
                _attempt(partial(delete_split, current().workspace, split.id))
            return
        if st.button("See the board", icon=":material/leaderboard:", key=f"split-board-{key}"):
            open_with("leaderboard", split=split.id)
        if version.is_open:
            is_sure = st.checkbox(
                "Close it for good",
                key=f"split-sure-{key}",
                help="No more submissions are taken, private scores are shown, and the dataset's rows come back.",
            )
            if st.button(
                "Close the version", icon=":material/lock_open:", disabled=not is_sure, key=f"split-close-{key}"
            ):
                _attempt(partial(close_version, current().workspace, split.id))


def _attempt(act: partial[Any]) -> None:
    try:
        act()
    except ValenceError as error:
        show_failure(error)
        return
    st.rerun()

"""What to do to get a first entry on the board."""

from urllib.parse import urlsplit

import streamlit as st

from app.components.leaderboard.logs import log_upload
from app.components.leaderboard.words import TRACK_NAMES
from app.components.plain_text import plain
from app.navigation import page_link
from core.workflows.board import Board


def no_board() -> None:
    """The workspace has neither a board version nor a log."""
    with st.container(border=True):
        st.markdown("#### Nothing to rank yet")
        st.markdown(
            "1. Open a dataset and **split** it: a part to train on, and test rows whose labels are hidden.\n"
            "2. **Open the split for submissions**: it becomes a board version.\n"
            "3. Train a model here, or send in predictions from anywhere. The first score stands here at once."
        )
        page_link("datasets", "Go to the datasets")
    with st.container(border=True):
        st.markdown("#### Or begin with evaluation logs")
        st.markdown(
            "Runs made elsewhere can be listed too. They are marked as self-reported and rank among themselves."
        )
        log_upload()


def no_submission(board: Board) -> None:
    """A version is there, and nobody has submitted to it in this track."""
    version = board.version
    with st.container(border=True):
        if version is None:
            st.markdown("#### No such split yet")
            st.markdown("This dataset has no board version of this kind. Split it this way on the Datasets page.")
            page_link("datasets", "Go to the datasets")
            return
        st.markdown("#### No submission yet")
        if version.closed_at:
            st.markdown("This version was closed before anybody submitted in this track.")
            return
        st.markdown(f"**{plain(version.title)}** is open. Train one of the models that come with the workbench:")
        page_link("models", "Train a model here")
        st.markdown(
            "Or train your own: download the training and test rows under “Splits” of the dataset, and send in one "
            f"predicted label for each of the {version.n_test:,} test rows."
        )
        st.code(f"valence submit predictions.csv --version {version.id} --model NAME --url {_address()}", "bash")
        track = TRACK_NAMES[board.choice.track].lower()
        st.caption(
            f"The team needs a token of the {track} track, which is made on the Settings page. Scores appear here at "
            "once."
        )
        with st.container(horizontal=True):
            page_link("datasets", "Download the rows")
            page_link("settings", "Make a token")


def _address() -> str:
    """Where this workbench is reached, without the page."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "URL"

"""Leaderboard: whose models score what, and how sure that is."""

from collections.abc import Callable

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.leaderboard.entry import entry_view
from app.components.leaderboard.export import export_menu
from app.components.leaderboard.logs import log_upload, say_what_was_taken
from app.components.leaderboard.more_views import course, versions
from app.components.leaderboard.pickers import board_pickers, filter_pickers
from app.components.leaderboard.ranking import headline, nothing_ranked, ranking
from app.components.leaderboard.start import no_board, no_submission
from app.components.leaderboard.state_line import state_line
from app.components.tabular.board import is_of_synthesizers, synthesizer_board
from app.state import current_selection
from core.errors import ValenceError
from core.workflows.board import Board, BoardFilters, ScoreSource


def _board() -> None:
    workspace = current_selection().workspace
    boards = queries.boards(workspace)
    if not boards:
        no_board()
        return
    _, choice = board_pickers(boards)
    whole = queries.ranked_board(workspace, choice, BoardFilters())
    with st.container(horizontal=True, vertical_alignment="center"):
        filters = filter_pickers(choice, whole.families, whole.teams)
        board = queries.ranked_board(workspace, choice, filters)
        export_menu(board)
        state_line(board)
    _views(board)


def _views(board: Board) -> None:
    headline(board)
    ranks, over_time, across, logs = st.tabs(
        [
            ":material/leaderboard: Ranking",
            ":material/show_chart: Progress",
            ":material/compare: Dataset versions",
            ":material/upload_file: Evaluation logs",
        ],
        key="board-views",
        on_change="rerun",
    )
    with ranks:
        if ranks.open:
            _ranking(board)
    with over_time:
        if over_time.open:
            _or_nothing(board, course)
    with across:
        if across.open:
            _or_nothing(board, versions)
    with logs:
        if logs.open:
            log_upload()


def _or_nothing(board: Board, view: Callable[[Board], None]) -> None:
    if board.entries:
        view(board)
    else:
        nothing_ranked(board)


def _ranking(board: Board) -> None:
    if board.entries:
        ranking(board)
        entry_view(board)
    elif not board.teams and board.choice.source is ScoreSource.VERIFIED:
        no_submission(board)
    else:
        nothing_ranked(board)


st.title("Leaderboard")
st.markdown("Whose models tell the labels apart best, scored on rows whose labels nobody has seen.")
say_what_was_taken()
try:
    if is_of_synthesizers():
        synthesizer_board()
    else:
        _board()
except ValenceError as error:
    show_failure(error)

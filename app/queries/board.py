"""Cached reads of the board: remembered until something is submitted, logged, opened, closed or renamed."""

from typing import Any

import streamlit as st

from app.services import workbench
from core.leaderboard.reliability import Reliability
from core.store.board_log import board_log
from core.store.evaluation_log_table import kept_logs, log_version
from core.store.workspace import Workspace
from core.workflows.board import Board, BoardChoice, BoardFilters, DatasetBoards, board, dataset_boards
from core.workflows.board_detail import VersionScore, entry_reliability, scores_across
from core.workflows.datasets import DATASET


def boards(workspace: str) -> tuple[DatasetBoards, ...]:
    """Every dataset version that has a board version or an evaluation log."""
    return _boards(workspace, _stamp(_held(workspace)))


@st.cache_data(show_spinner=False, max_entries=8)
def _boards(workspace: str, stamp: str) -> tuple[DatasetBoards, ...]:  # noqa: ARG001 - part of the key
    return dataset_boards(_held(workspace))


def ranked_board(workspace: str, choice: BoardChoice, filters: BoardFilters) -> Board:
    """The board of a choice, ranked among the entries that pass the filters."""
    return _ranked_board(workspace, choice, filters, _stamp(_held(workspace)))


@st.cache_data(show_spinner="Ranking", max_entries=32)
def _ranked_board(workspace: str, choice: BoardChoice, filters: BoardFilters, stamp: str) -> Board:  # noqa: ARG001
    return board(_held(workspace), choice, filters)


def model_scores(workspace: str, choice: BoardChoice, who: tuple[tuple[str, str], ...]) -> tuple[VersionScore, ...]:
    """The best scores of some teams' models on every dataset version."""
    return _model_scores(workspace, choice, who, _stamp(_held(workspace)))


@st.cache_data(show_spinner="Looking at every version", max_entries=32)
def _model_scores(
    workspace: str,
    choice: BoardChoice,
    who: tuple[tuple[str, str], ...],
    stamp: str,  # noqa: ARG001 - part of the key
) -> tuple[VersionScore, ...]:
    return scores_across(_held(workspace), choice, who)


def reliability(workspace: str, submission: str) -> Reliability | None:
    """The calibration of a submission as far as it may be shown; None where it said nothing of how sure it is."""
    return _reliability(workspace, submission, _stamp(_held(workspace)))


@st.cache_data(show_spinner=False, max_entries=64)
def _reliability(workspace: str, submission: str, stamp: str) -> Reliability | None:  # noqa: ARG001 - part of the key
    return entry_reliability(_held(workspace), submission)


@st.cache_data(show_spinner=False, max_entries=64)
def learning_curve(workspace: str, log: str) -> tuple[dict[str, Any], ...]:
    """The learning curve that a log holds, point by point; empty where it holds none."""
    kept = next((one for one in kept_logs(_held(workspace).database) if one.id == log), None)
    return tuple(kept.content.get("learning_curve", ())) if kept is not None else ()


def _held(workspace: str) -> Workspace:
    return workbench().open(workspace).workspace


def _stamp(held: Workspace) -> str:
    """Changes with everything that a board shows."""
    versions = [(version.split, version.title, version.closed_at) for version in held.versions.list()]
    datasets = [(dataset.id, dataset.manifest.title) for dataset in held.artefacts.list(DATASET)]
    return repr((board_log(held).count(), log_version(held.database), versions, datasets))

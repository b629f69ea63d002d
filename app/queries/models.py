"""Cached reads of trainings: a run never changes, what the board shows of it does."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.services import workbench
from core.store.board_log import board_log
from core.store.workspace import Workspace
from core.workflows.model_pairs import ComparedPairs, RunPairSearch, compare_pairs, run_config, run_pairs, search_pairs
from core.workflows.run_lines import RunLine, run_lines
from core.workflows.training import MODEL_RUN, ModelRun, load_run


def model_lines(workspace: str, version: str) -> tuple[RunLine, ...]:
    """Every training on a board version, newest first, with what the board shows of it now."""
    return _model_lines(workspace, version, _stamp(_held(workspace)))


@st.cache_data(show_spinner=False, max_entries=32)
def _model_lines(workspace: str, version: str, stamp: str) -> tuple[RunLine, ...]:  # noqa: ARG001 - part of the key
    return run_lines(_held(workspace), version)


@st.cache_data(show_spinner=False, max_entries=32)
def model_run(workspace: str, run: str) -> ModelRun:
    """One training with its report and curve."""
    return load_run(_held(workspace), run)


@st.cache_data(show_spinner="Looking the pairs up in the graph", max_entries=16)
def learnt_pairs(workspace: str, run: str, graph: str) -> ComparedPairs | None:
    """What a run learnt of single pairs beside what a graph says of them; None where it learnt nothing of them."""
    held = workbench().open(workspace)
    stored = run_pairs(held.workspace, run)
    if stored is None:
        return None
    config = run_config(held.workspace, held.workspace.artefacts.get(MODEL_RUN, run))
    return compare_pairs(stored, config, held.pairs(graph))


@st.cache_data(show_spinner=False, max_entries=64)
def matching_learnt_pairs(workspace: str, run: str, graph: str, search: RunPairSearch) -> NDArray[np.int32]:
    """Numbers of the learnt pairs that a search finds."""
    pairs = learnt_pairs(workspace, run, graph)
    return (
        np.zeros(0, dtype=np.int32)
        if pairs is None
        else search_pairs(pairs, workbench().open(workspace).pairs(graph), search)
    )


def _held(workspace: str) -> Workspace:
    return workbench().open(workspace).workspace


def _stamp(held: Workspace) -> str:
    """Changes with every submission, every closing, and every run that is stored, renamed or deleted."""
    closed = [(version.split, version.closed_at) for version in held.versions.list()]
    runs = [(run.id, run.manifest.title) for run in held.artefacts.list(MODEL_RUN)]
    return repr((board_log(held).count(), closed, runs))

"""Cached reads of splits: what may be known of each. Whether one is open is never remembered, since that changes."""

from typing import Any

import streamlit as st

from app.services import workbench
from core.leaderboard.lines import Lines
from core.workflows.split_lines import dataset_lines as measure_dataset_lines
from core.workflows.splits import split_card as read_split_card


@st.cache_data(show_spinner="Measuring what a model could score", max_entries=64)
def dataset_lines(workspace: str, dataset_id: str) -> Lines:
    """The reference scores over all rows of a dataset, sealed or not: figures that tell no row from another."""
    return measure_dataset_lines(workbench().open(workspace).workspace, dataset_id)


@st.cache_data(show_spinner=False, max_entries=64)
def split_card(workspace: str, split_id: str) -> dict[str, Any]:
    """The card of a split; `CorruptArtefact` when its file is not the one that was saved."""
    return read_split_card(workbench().open(workspace).workspace, split_id)

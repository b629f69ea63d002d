"""Cached reads of datasets: evaluation, rows, damage, likeness."""

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from app.catalogue_tables import PAGE_ROWS, TablePage
from app.dataset_rows import LabelMix, RowSearch, find_rows, label_mix, read_rows_at
from app.queries.catalogues import catalogue
from app.queries.graphs import stored_graph
from app.services import workbench
from core.dataset.evaluation import Evaluation
from core.dataset.hygiene import Hygiene
from core.dataset.version import EVALUATION_FILE, PARQUET_FILE
from core.errors import CorruptArtefact, InvalidInput, Problem, ValenceError
from core.sampler.configuration import LABEL_KEY, DatasetConfig
from core.sampler.recount import index_edges, recount_rows
from core.workflows.catalogues import CATALOGUE
from core.workflows.dataset_rows import require_readable, rows_for_figures, rows_path
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH
from core.workflows.hygiene import dataset_hygiene as measure_dataset_hygiene


@st.cache_data(show_spinner=False, max_entries=32)
def dataset_evaluation(workspace: str, dataset_id: str) -> Evaluation:
    """The evaluation stored with a dataset; `CorruptArtefact` when its file is not the one that was saved."""
    held = workbench().open(workspace).workspace.artefacts
    data = held.read(held.get(DATASET, dataset_id), EVALUATION_FILE)
    try:
        return TypeAdapter(Evaluation).validate_json(data)
    except ValidationError as error:
        raise ValenceError(
            "The evaluation of this dataset was written by another version of Valence.", "Draw the rows again."
        ) from error


@st.cache_data(show_spinner=False, max_entries=32)
def dataset_configuration(workspace: str, dataset_id: str) -> DatasetConfig:
    """The configuration a stored dataset was made with; `CorruptArtefact` when its file is damaged."""
    held = workbench().open(workspace).workspace
    return dataset_config(held, held.artefacts.get(DATASET, dataset_id))


def dataset_page(workspace: str, dataset_id: str, search: RowSearch, page: int) -> TablePage:
    """One page (from 1) of the rows that a search finds: the line in the files, from 1, the label, then the types.

    The first column is called `#`, with more of them where a type has that name. `RowsSealed` while they are kept back.
    """
    _require_readable(workspace, dataset_id)
    return _dataset_page(workspace, dataset_id, search, page)


@st.cache_data(show_spinner=False, max_entries=256)
def _dataset_page(workspace: str, dataset_id: str, search: RowSearch, page: int) -> TablePage:
    found = _dataset_matches(workspace, dataset_id, search)
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    rows = read_rows_at(_intact_rows(workspace, dataset_id), shown)
    name = "#"
    while name in rows.columns:
        name += "#"
    rows.insert(0, LABEL_KEY, rows.pop(LABEL_KEY))
    rows.insert(0, name, shown + 1)
    return TablePage(rows, len(found))


def dataset_label_mix(workspace: str, dataset_id: str, attribute_type: str) -> LabelMix:
    """How often each label's rows hold each value of an attribute type; labels in the configuration's order.

    `RowsSealed` while rows are kept back: of a value that one row holds, the counts tell that row's label.
    """
    _require_readable(workspace, dataset_id)
    return _dataset_label_mix(workspace, dataset_id, attribute_type)


@st.cache_data(show_spinner="Counting labels", max_entries=64)
def _dataset_label_mix(workspace: str, dataset_id: str, attribute_type: str) -> LabelMix:
    held = workbench().open(workspace).workspace.artefacts
    catalogue_id = held.get(DATASET, dataset_id).manifest.parents[CATALOGUE]
    known = catalogue(workspace, catalogue_id)
    values = [known.attributes[i].value for i in known.positions_by_type[attribute_type]]
    labels = list(dataset_configuration(workspace, dataset_id).label_params)
    return label_mix(_intact_rows(workspace, dataset_id), attribute_type, values, labels)


def dataset_damage(workspace: str, dataset_id: str) -> tuple[Problem, ...]:
    """Every file of a dataset that is not as it was saved; a clean bill is remembered, damage is looked at again."""
    try:
        _check_intact(workspace, dataset_id)
    except InvalidInput as damaged:
        return damaged.problems
    return ()


@st.cache_data(show_spinner="Searching the rows", max_entries=16)
def _dataset_matches(workspace: str, dataset_id: str, search: RowSearch) -> NDArray[np.int32]:
    return find_rows(_intact_rows(workspace, dataset_id), search)


def _intact_rows(workspace: str, dataset_id: str) -> Path:
    """Where the Parquet file lies; `CorruptArtefact` when it was changed since it was saved."""
    for problem in dataset_damage(workspace, dataset_id):
        if problem.field == PARQUET_FILE:
            raise CorruptArtefact(problem.message, problem.fix)
    return rows_path(workbench().open(workspace).workspace, dataset_id)


def _require_readable(workspace: str, dataset_id: str) -> None:
    """Before every cached answer about rows: what was remembered before they were sealed must not be told after."""
    require_readable(workbench().open(workspace).workspace, dataset_id)


@st.cache_data(show_spinner="Checking the files", max_entries=64)
def _check_intact(workspace: str, dataset_id: str) -> None:
    problems = workbench().open(workspace).workspace.artefacts.verify(DATASET, dataset_id)
    if problems:
        raise InvalidInput("Files of this dataset are not as they were saved", problems)


@st.cache_data(show_spinner="Counting conflicts", max_entries=32)
def rows_without_conflict(workspace: str, dataset_id: str) -> dict[str, int]:
    """By label, how many rows of a dataset hold no − pair at all, counted from its rows and its graph."""
    held = workbench().open(workspace).workspace
    dataset = held.artefacts.get(DATASET, dataset_id)
    graph = stored_graph(workspace, dataset.manifest.parents[GRAPH]).graph
    rows = rows_for_figures(held, dataset, graph.catalogue)
    has_none = recount_rows(index_edges(graph), rows.nodes, rows.offsets).fractions.neg_frac == 0.0
    counts = np.bincount(rows.label[has_none], minlength=len(rows.labels))
    return {label: int(count) for label, count in zip(rows.labels, counts, strict=True)}


@st.cache_data(show_spinner="Comparing rows", max_entries=16)
def dataset_hygiene(workspace: str, dataset_id: str) -> Hygiene:
    """How varied the rows of a stored dataset are, compared with each other."""
    return measure_dataset_hygiene(workbench().open(workspace).workspace, dataset_id)

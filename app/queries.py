"""Cached reads, keyed by workspace and content id: what has an id never changes, so a cached answer never goes stale.

The only `st.cache_data` of the workbench. Each function returns something small enough to copy on every rerun.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from app.catalogue_tables import (
    PAGE_ROWS,
    AttributeFilter,
    CatalogueOverview,
    DiffCounts,
    FileReading,
    FileTable,
    TablePage,
    attribute_table,
    diff_counts,
    diff_table,
    matching,
    overview_of,
    page_of,
    read_file_table,
    summarise_reading,
)
from app.dataset_rows import LabelMix, RowSearch, find_rows, label_mix, read_rows_at
from app.services import workbench
from core.catalogue.model import Catalogue
from core.catalogue.reading import read_catalogue
from core.dataset.evaluation import Evaluation
from core.dataset.version import EVALUATION_FILE, PARQUET_FILE
from core.errors import CorruptArtefact, InvalidInput, Problem, ValenceError
from core.graph.model import Outcome
from core.graph.pair_table import PairSearch, examples, find_pairs
from core.graph.statistics import GraphStatistics, graph_statistics, unknown_attributes
from core.progress import finish
from core.sampler.configuration import LABEL_KEY, DatasetConfig, parse_config
from core.sampler.density import Density, measure_density
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.dry_run import DryLabel
from core.workflows.dry_run import dry_run as try_rows
from core.workflows.graphs import CostEstimate, GraphSettings, StoredGraph, estimate_cost


@st.cache_data(show_spinner=False, max_entries=16)
def catalogue(workspace: str, catalogue_id: str) -> Catalogue:
    """A stored catalogue."""
    return load_catalogue(workbench().open(workspace).workspace, catalogue_id)


@st.cache_data(show_spinner=False, max_entries=64)
def cost_estimate(workspace: str, catalogue_id: str, settings: dict[str, Any]) -> CostEstimate:
    """The exact cost of a graph run."""
    return estimate_cost(catalogue(workspace, catalogue_id), GraphSettings.model_validate(settings))


@st.cache_data(show_spinner=False, max_entries=32)
def statistics(workspace: str, graph_id: str) -> GraphStatistics:
    """Counts of a stored graph by outcome and modality pair."""
    stored = _graph(workspace, graph_id)
    return graph_statistics(stored.graph, stored.verdicts)


@st.cache_data(show_spinner=False, max_entries=8)
def sign_matrix(workspace: str, graph_id: str) -> tuple[NDArray[np.int8], list[str], list[str]]:
    """The dense sign matrix [N, N] sorted by modality and value, with the value and the modality of each line."""
    graph = _graph(workspace, graph_id).graph
    modalities = graph.catalogue.modalities
    attributes = graph.catalogue.attributes
    order = sorted(
        range(len(attributes)), key=lambda i: (modalities.index(attributes[i].modality), attributes[i].value.casefold())
    )
    matrix = graph.sign_matrix()[np.ix_(order, order)]
    return matrix, [attributes[i].value for i in order], [attributes[i].modality for i in order]


def _graph(workspace: str, graph_id: str) -> StoredGraph:
    return workbench().open(workspace).graph(graph_id)


@st.cache_data(show_spinner=False, max_entries=64)
def density(
    workspace: str, graph_id: str, type_ranges: dict[str, tuple[int, int]], n_subgraphs: int, seed: int
) -> Density:
    """The density of a stored graph under quotas."""
    return measure_density(_graph(workspace, graph_id).graph, type_ranges, n_subgraphs, seed)


@st.cache_data(show_spinner=False, max_entries=16)
def file_table(data: bytes, filename: str) -> FileTable:
    """Columns and first rows of an uploaded file; `InvalidInput` when no table can be read."""
    return read_file_table(data, filename)


@st.cache_data(show_spinner="Reading the file", max_entries=16)
def file_reading(data: bytes, filename: str, mapping: dict[str, str]) -> FileReading:
    """An uploaded catalogue file: what it holds, or every problem in it."""
    return summarise_reading(read_catalogue(data, filename, mapping))


@st.cache_data(show_spinner=False, max_entries=64)
def catalogue_overview(workspace: str, catalogue_id: str) -> CatalogueOverview:
    """Counts of a stored catalogue by modality and type."""
    return overview_of(catalogue(workspace, catalogue_id))


@st.cache_data(show_spinner=False, max_entries=256)
def catalogue_page(workspace: str, catalogue_id: str, wanted: AttributeFilter, page: int) -> TablePage:
    """One page (from 1) of the attributes that the filter lets through."""
    return page_of(matching(_catalogue_table(workspace, catalogue_id), wanted), page)


@st.cache_data(show_spinner=False, max_entries=64)
def catalogue_diff_counts(workspace: str, old_id: str, new_id: str) -> DiffCounts:
    """How many attributes were added, removed and changed from one stored version to another."""
    return diff_counts(catalogue(workspace, old_id), catalogue(workspace, new_id))


@st.cache_data(show_spinner=False, max_entries=128)
def catalogue_diff_page(workspace: str, old_id: str, new_id: str, part: str, page: int) -> TablePage:
    """One page (from 1) of a part of a diff."""
    return page_of(_catalogue_diff_table(workspace, old_id, new_id, part), page)


@st.cache_data(show_spinner=False, max_entries=8)
def _catalogue_table(workspace: str, catalogue_id: str) -> pd.DataFrame:
    return attribute_table(catalogue(workspace, catalogue_id).attributes)


@st.cache_data(show_spinner=False, max_entries=12)
def _catalogue_diff_table(workspace: str, old_id: str, new_id: str, part: str) -> pd.DataFrame:
    return diff_table(catalogue(workspace, old_id), catalogue(workspace, new_id), part)


@st.cache_data(show_spinner=False, max_entries=32)
def matching_pairs(workspace: str, graph_id: str, search: dict[str, Any]) -> NDArray[np.int32]:
    """Row numbers, in a graph's table of pairs, of those that a search finds, in its order."""
    return find_pairs(workbench().open(workspace).pairs(graph_id), PairSearch.model_validate(search))


@st.cache_data(show_spinner=False, max_entries=32)
def example_pairs(workspace: str, graph_id: str, outcome: Outcome) -> list[int]:
    """Row numbers of a few strong pairs of one outcome, from all over the graph."""
    return examples(workbench().open(workspace).pairs(graph_id), outcome, _EXAMPLES)


_EXAMPLES = 6


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


@st.cache_data(show_spinner=False, max_entries=256)
def dataset_page(workspace: str, dataset_id: str, search: RowSearch, page: int) -> TablePage:
    """One page (from 1) of the rows that a search finds: the line in the files, from 1, the label, then the types.

    The first column is called `#`, with more of them where a type has that name.
    """
    found = _dataset_matches(workspace, dataset_id, search)
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    rows = read_rows_at(_intact_rows(workspace, dataset_id), shown)
    name = "#"
    while name in rows.columns:
        name += "#"
    rows.insert(0, LABEL_KEY, rows.pop(LABEL_KEY))
    rows.insert(0, name, shown + 1)
    return TablePage(rows, len(found))


@st.cache_data(show_spinner="Counting labels", max_entries=64)
def dataset_label_mix(workspace: str, dataset_id: str, attribute_type: str) -> LabelMix:
    """How often each label's rows hold each value of an attribute type; labels in the configuration's order."""
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
    held = workbench().open(workspace).workspace.artefacts
    return held.path(held.get(DATASET, dataset_id), PARQUET_FILE)


@st.cache_data(show_spinner="Checking the files", max_entries=64)
def _check_intact(workspace: str, dataset_id: str) -> None:
    problems = workbench().open(workspace).workspace.artefacts.verify(DATASET, dataset_id)
    if problems:
        raise InvalidInput("Files of this dataset are not as they were saved", problems)


@st.cache_data(show_spinner="Drawing a few rows of each label", max_entries=16)
def dry_run(workspace: str, graph_id: str, config: str) -> tuple[DryLabel, ...]:
    """The first rows of every label of a configuration (its JSON text), and why labels have none."""
    return finish(try_rows(_graph(workspace, graph_id).graph, parse_config(config)))


@st.cache_data(show_spinner=False, max_entries=32)
def unknown_values(workspace: str, graph_id: str) -> tuple[str, ...]:
    """The values of the attributes that the judge knew nothing of; none for a graph without verdicts."""
    stored = _graph(workspace, graph_id)
    if stored.verdicts is None:
        return ()
    attributes = stored.graph.catalogue.attributes
    return tuple(attributes[i].value for i in unknown_attributes(stored.graph, stored.verdicts))

"""Cached reads of edges: groups, searches, structure, what a flip would change."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.edge_search import EdgeSearch, find_edges
from app.graph_structure import Structure, structure_of
from app.queries.clusters import cluster_stages
from app.queries.graphs import stored_graph
from app.services import workbench
from core.graph.grouping import Grouping
from core.graph.model import Outcome
from core.graph.strategies.cluster.run import name_of
from core.graph.structure import Blocks, count_blocks
from core.sampler.held_rows import HeldRows
from core.sampler.leverage import Leverage, WhatIf, leverage_of
from core.workflows.catalogues import CATALOGUE
from core.workflows.dataset_rows import require_readable
from core.workflows.graphs import GRAPH
from core.workflows.groupings import newest_clusters
from core.workflows.leverage import RowSource, load_rows
from core.workflows.leverage import pair_what_if as count_what_if
from core.workflows.reviews import resolution_of


@st.cache_data(show_spinner=False, max_entries=16)
def group_names(workspace: str, stages_id: str) -> dict[int, str]:
    """What each group of prepared stages is called, by its number; empty where none are found yet."""
    clustering = cluster_stages(workspace, stages_id).clustering
    return {number: name_of(clustering, number) for number in clustering.by_number} if clustering else {}


def grouping(workspace: str, graph_id: str) -> Grouping:
    """The groups that a graph is shown in, by the newest prepared clusters of its catalogue where there are any."""
    return workbench().open(workspace).groups(graph_id, grouping_stages(workspace, graph_id))


def grouping_stages(workspace: str, graph_id: str) -> str:
    """The id of the prepared clusters that a graph is shown in; empty where its catalogue has none."""
    held = workbench().open(workspace).workspace
    newest = newest_clusters(held, held.artefacts.get(GRAPH, graph_id).manifest.parents[CATALOGUE])
    return newest.id if newest else ""


def found_edges(workspace: str, graph_id: str, search: EdgeSearch) -> NDArray[np.int32]:
    """Row numbers, in a graph's table of pairs, of those that a search finds; anew once somebody has reviewed, where
    the search asks for that.
    """
    held = workbench().open(workspace)
    version = held.workspace.reviews.version(held.graph(graph_id).graph.catalogue.id) if search.states else 0
    return _found_edges(workspace, graph_id, search.model_dump(mode="json"), version)


@st.cache_data(show_spinner=False, max_entries=32)
def _found_edges(
    workspace: str,
    graph_id: str,
    search: dict[str, Any],
    version: int,  # noqa: ARG001 - part of the key
) -> NDArray[np.int32]:
    held, wanted = workbench().open(workspace), EdgeSearch.model_validate(search)
    return find_edges(
        held.pairs(graph_id),
        wanted,
        groups=held.groups(graph_id, wanted.stages) if wanted.block else None,
        other=held.graph(wanted.differs_from).answers if wanted.differs_from else None,
        resolution=resolution_of(held.workspace, held.graph(graph_id)) if wanted.states else None,
    )


@st.cache_data(show_spinner=False, max_entries=16)
def group_blocks(workspace: str, graph_id: str, stages_id: str) -> Blocks:
    """Pairs and edges of a stored graph between every two of its groups, as made from the clusters of these stages."""
    groups = workbench().open(workspace).groups(graph_id, stages_id)
    return count_blocks(stored_graph(workspace, graph_id).graph, groups.group, len(groups.names))


@st.cache_data(show_spinner=False, max_entries=16)
def structure(workspace: str, graph_id: str) -> Structure:
    """Degrees, blocks and triangles of a stored graph."""
    return structure_of(stored_graph(workspace, graph_id).graph)


def edge_leverage(workspace: str, graph_id: str, source: RowSource) -> Leverage:
    """The leverage of every edge of a stored graph over the rows of a source; `RowsSealed` for rows kept back."""
    _require_readable(workspace, source)
    return _edge_leverage(workspace, graph_id, source)


@st.cache_data(show_spinner="Counting rows", max_entries=16)
def _edge_leverage(workspace: str, graph_id: str, source: RowSource) -> Leverage:
    return leverage_of(stored_graph(workspace, graph_id).graph, _held_rows(workspace, graph_id, source))


def pair_what_if(workspace: str, graph_id: str, source: RowSource, first: str, second: str, after: Outcome) -> WhatIf:
    """What becomes of the rows of a source if the pair of two attribute ids were `after`; errors as `edge_leverage`."""
    _require_readable(workspace, source)
    return _pair_what_if(workspace, graph_id, source, first, second, after)


@st.cache_data(show_spinner="Counting rows", max_entries=64)
def _pair_what_if(workspace: str, graph_id: str, source: RowSource, first: str, second: str, after: Outcome) -> WhatIf:
    rows = _held_rows(workspace, graph_id, source)
    return count_what_if(stored_graph(workspace, graph_id), rows, first, second, after)


@st.cache_data(show_spinner="Reading the rows", max_entries=4)
def _held_rows(workspace: str, graph_id: str, source: RowSource) -> HeldRows:
    return load_rows(workbench().open(workspace).workspace, stored_graph(workspace, graph_id), source)


def _require_readable(workspace: str, source: RowSource) -> None:
    """Before every cached answer: what was remembered before rows were sealed must not be told after."""
    if source.dataset:
        require_readable(workbench().open(workspace).workspace, source.dataset)

"""Cached reads of graphs: what they cost, hold, say of a pair, and which came after them."""

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.queries.catalogues import catalogue
from app.services import workbench
from core.fingerprint import digest
from core.graph.model import Basis, Outcome, SignedGraph
from core.graph.pair_table import Pair, examples, pair_table
from core.graph.statistics import GraphStatistics, graph_statistics, unknown_attributes
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graph_costs import CostEstimate, estimate_cost
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_sources import sources_of
from core.workflows.graphs import GRAPH, StoredGraph, load_start
from core.workflows.model_settings import read_prices_text
from core.workflows.pair_history import PastAnswer
from core.workflows.pair_history import past_answer as look_up_answer
from core.workflows.reviewed_graphs import newer_versions as find_newer_versions
from core.workflows.reviewed_graphs import reviewed_versions

NEVER_ASKED = -2  # in a matrix of outcomes: both attributes are of one modality


def cost_estimate(workspace: str, catalogue_id: str, settings: GraphSettings) -> CostEstimate:
    """What a graph run will cost; remembered until an answer is logged or a price changed.

    `NotFound` for an id in the settings that is gone, and whatever else keeps the run from being planned.
    """
    held = workbench().open(workspace).workspace
    stamp = f"{_last_answer(held.answers.path)} {digest(read_prices_text(held).encode())}"
    return _cost_estimate(workspace, catalogue_id, settings.model_dump_json(), stamp)


@st.cache_data(show_spinner="Counting calls", max_entries=64)
def _cost_estimate(workspace: str, catalogue_id: str, settings: str, stamp: str) -> CostEstimate:  # noqa: ARG001 - the key
    held, wanted = workbench().open(workspace).workspace, GraphSettings.model_validate_json(settings)
    sources = sources_of(held, wanted, run="") if wanted.model else None
    return estimate_cost(catalogue(workspace, catalogue_id), wanted, sources, load_start(held, wanted))


def _last_answer(log: Path) -> str:
    """Changes with every write to the answer log, which lands in the file beside it first."""
    files = [path for path in (log, log.with_name(f"{log.name}-wal")) if path.exists()]
    return " ".join(f"{path.stat().st_mtime_ns}-{path.stat().st_size}" for path in files)


@st.cache_data(show_spinner=False, max_entries=32)
def statistics(workspace: str, graph_id: str) -> GraphStatistics:
    """Counts of a stored graph by outcome and modality pair."""
    stored = stored_graph(workspace, graph_id)
    return graph_statistics(stored.graph, stored.answers)


@st.cache_data(show_spinner=False, max_entries=8)
def outcome_matrix(workspace: str, graph_id: str) -> tuple[NDArray[np.int8], list[str], list[str]]:
    """What is known of every pair, [N, N] sorted by modality and value, with the value and modality of each line.

    Each cell is an `Outcome`'s number, or `NEVER_ASKED` for two attributes of one modality.
    """
    stored = stored_graph(workspace, graph_id)
    graph = stored.graph
    modalities = graph.catalogue.modalities
    attributes = graph.catalogue.attributes
    order = sorted(
        range(len(attributes)), key=lambda i: (modalities.index(attributes[i].modality), attributes[i].value.casefold())
    )
    number = np.array([modalities.index(a.modality) for a in attributes])
    matrix = np.where(number[:, None] == number, NEVER_ASKED, Outcome.UNJUDGED).astype(np.int8)
    known = stored.answers
    outcomes = known.sign if isinstance(known, SignedGraph) else known.outcome
    matrix[known.source, known.target] = matrix[known.target, known.source] = outcomes
    return matrix[np.ix_(order, order)], [attributes[i].value for i in order], [attributes[i].modality for i in order]


def stored_graph(workspace: str, graph_id: str) -> StoredGraph:
    """The loaded graph, shared by all sessions."""
    return workbench().open(workspace).graph(graph_id)


@st.cache_data(show_spinner=False, max_entries=32)
def example_pairs(workspace: str, graph_id: str, outcome: Outcome) -> list[int]:
    """Row numbers of a few strong pairs of one outcome, from all over the graph."""
    return examples(workbench().open(workspace).pairs(graph_id), outcome, _EXAMPLES)


_EXAMPLES = 6


@st.cache_data(show_spinner=False, max_entries=32)
def unknown_values(workspace: str, graph_id: str) -> tuple[str, ...]:
    """The values of the attributes that the judge knew nothing of; none for a graph without verdicts."""
    stored = stored_graph(workspace, graph_id)
    if stored.verdicts is None:
        return ()
    attributes = stored.graph.catalogue.attributes
    return tuple(attributes[i].value for i in unknown_attributes(stored.graph, stored.verdicts))


@st.cache_data(show_spinner=False, max_entries=32)
def pairs_by_basis(workspace: str, graph_id: str) -> dict[Basis, int]:
    """How many pairs of a graph were asked, inherited, inferred and reviewed; empty for a plain uploaded graph."""
    answers = stored_graph(workspace, graph_id).answers
    if isinstance(answers, SignedGraph):
        return {}
    counts = np.bincount(answers.basis, minlength=len(Basis))
    return {basis: int(counts[basis]) for basis in Basis}


@st.cache_data(show_spinner=False, max_entries=4_096)
def first_answer(workspace: str, graph_id: str, source: str, target: str) -> Pair | None:
    """What the judge said of a pair (ids in catalogue order), or the uploaded edge, whatever reviews made of it since.

    None where the graph holds nothing of the pair.
    """
    stored = stored_graph(workspace, graph_id)
    judged = stored.judged
    table = pair_table(judged if isinstance(judged, SignedGraph) else stored.graph, judged)
    first, second = (table.catalogue.position_of[end] for end in (source, target))
    start, end = np.searchsorted(table.source, [first, first + 1]).tolist()
    row = start + int(np.searchsorted(table.target[start:end], second))
    return table.pair(row) if row < end and table.target[row] == second else None


def newer_versions(workspace: str, graph_id: str) -> tuple[Artefact, ...]:
    """The reviewed versions that are newer than a graph, the one to take first; anew once somebody has reviewed."""
    held = workbench().open(workspace).workspace
    versions = reviewed_versions(held, graph_id)
    if not versions:
        return ()
    version = held.reviews.version(versions[0].manifest.parents[CATALOGUE])
    ids = _newer_versions(workspace, graph_id, tuple(artefact.id for artefact in versions), version)
    return tuple(held.artefacts.get(GRAPH, id) for id in ids)


@st.cache_data(show_spinner=False, max_entries=64)
def _newer_versions(
    workspace: str,
    graph_id: str,
    versions: tuple[str, ...],  # noqa: ARG001 - part of the key, like the number of the latest review
    version: int,  # noqa: ARG001
) -> tuple[str, ...]:
    return tuple(artefact.id for artefact in find_newer_versions(workbench().open(workspace).workspace, graph_id))


@st.cache_data(show_spinner=False, max_entries=1_024)
def past_answer(workspace: str, graph_id: str, first: str, second: str) -> PastAnswer:
    """What a stored graph says of two attribute ids, looked up in its files."""
    return look_up_answer(workbench().open(workspace).workspace, graph_id, first, second)

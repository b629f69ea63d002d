"""Cached reads, keyed by workspace and content id: what has an id never changes, so a cached answer never goes stale.

The only `st.cache_data` of the workbench. Each function returns something small enough to copy on every rerun.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from app.attribute_facts import KnownFact, known_facts
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
from app.cluster_tables import (
    CallCounts,
    Fates,
    call_counts,
    expansion_calls,
    pair_fates,
    stage_changes,
    without_inheriting,
)
from app.dataset_rows import LabelMix, RowSearch, find_rows, label_mix, read_rows_at
from app.edge_search import EdgeSearch, find_edges
from app.graph_structure import Structure, structure_of
from app.review_standing import ReviewStanding, review_standing
from app.services import workbench
from core.catalogue.model import Catalogue
from core.catalogue.reading import read_catalogue
from core.dataset.evaluation import Evaluation
from core.dataset.hygiene import Hygiene
from core.dataset.reading import read_rows
from core.dataset.version import EVALUATION_FILE, PARQUET_FILE, ROWS_FILE
from core.errors import CorruptArtefact, InvalidInput, Problem, ValenceError
from core.fingerprint import digest
from core.graph.agreement import GraphComparison, compare_pairs
from core.graph.checks.written import WrittenSet
from core.graph.differences import Differences, DifferenceSearch, find_differences, search_differences
from core.graph.grouping import Grouping
from core.graph.known_pairs import CommonGround, common_ground
from core.graph.model import Basis, Outcome, SignedGraph
from core.graph.pair_table import Pair, examples, pair_table
from core.graph.prompts import PromptSet, suspicious
from core.graph.review.queue_file import Queue
from core.graph.statistics import GraphStatistics, graph_statistics, unknown_attributes
from core.graph.strategies.cluster.estimate import ClusterEstimate, StageEstimate, estimate_cluster
from core.graph.strategies.cluster.run import name_of
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.graph.structure import Blocks, count_blocks
from core.knowledge.fact_files import FactFile, FactReading, read_facts
from core.knowledge.traits import load_trait_table
from core.progress import finish
from core.sampler.configuration import LABEL_KEY, DatasetConfig, LabelParams, parse_config
from core.sampler.density import Density, measure_density
from core.sampler.encoding import encode_config, label_box
from core.sampler.feasibility import proof_of_infeasibility
from core.sampler.held_rows import HeldRows
from core.sampler.leverage import Leverage, WhatIf, leverage_of
from core.sampler.pair_density import PairDensity, pair_densities
from core.sampler.recount import index_edges, recount_rows
from core.sampler.separability import Separability, measure_separability
from core.store.answer_rows import CallPage, LoggedCall, RunSummary
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.checks import load_checks
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.density_report import LabelReport, ReachReport, report_label, report_reach
from core.workflows.dry_run import DryLabel
from core.workflows.dry_run import dry_run as try_rows
from core.workflows.evidence import load_evidence
from core.workflows.graph_costs import CostEstimate, estimate_cost
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_sources import sources_of
from core.workflows.graphs import GRAPH, StoredGraph, load_start
from core.workflows.groupings import newest_clusters
from core.workflows.hygiene import dataset_hygiene as measure_dataset_hygiene
from core.workflows.leverage import RowSource, load_rows
from core.workflows.leverage import pair_what_if as count_what_if
from core.workflows.model_settings import read_prices_text
from core.workflows.pair_history import PastAnswer
from core.workflows.pair_history import past_answer as look_up_answer
from core.workflows.prompts import load_prompts
from core.workflows.review_agreement import GraphAgreement, measure_agreement
from core.workflows.review_queues import open_queue, queues_of
from core.workflows.reviewed_graphs import newer_versions as find_newer_versions
from core.workflows.reviewed_graphs import reviewed_versions
from core.workflows.reviews import resolution_of
from core.workflows.run_calls import CallSearch, failed_tries, find_calls
from core.workflows.stages import load_stages

NEVER_ASKED = -2  # in a matrix of outcomes: both attributes are of one modality


@st.cache_data(show_spinner=False, max_entries=16)
def catalogue(workspace: str, catalogue_id: str) -> Catalogue:
    """A stored catalogue."""
    return load_catalogue(workbench().open(workspace).workspace, catalogue_id)


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
    stored = _graph(workspace, graph_id)
    return graph_statistics(stored.graph, stored.answers)


@st.cache_data(show_spinner=False, max_entries=8)
def outcome_matrix(workspace: str, graph_id: str) -> tuple[NDArray[np.int8], list[str], list[str]]:
    """What is known of every pair, [N, N] sorted by modality and value, with the value and modality of each line.

    Each cell is an `Outcome`'s number, or `NEVER_ASKED` for two attributes of one modality.
    """
    stored = _graph(workspace, graph_id)
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


@st.cache_data(show_spinner=False, max_entries=64)
def impossible_labels(workspace: str, graph_id: str, config: str) -> frozenset[str]:
    """The labels of a configuration (its JSON text) for which the quotas prove that no row can ever fit."""
    parsed = parse_config(config)
    encoding = encode_config(_graph(workspace, graph_id).graph, parsed)
    return frozenset(
        label
        for label, params in parsed.label_params.items()
        if proof_of_infeasibility(encoding, label_box(encoding.max_size, params))
    )


@st.cache_data(show_spinner="Counting conflicts", max_entries=32)
def rows_without_conflict(workspace: str, dataset_id: str) -> dict[str, int]:
    """By label, how many rows of a dataset hold no − pair at all, counted from its rows and its graph."""
    held = workbench().open(workspace).workspace.artefacts
    dataset = held.get(DATASET, dataset_id)
    graph = _graph(workspace, dataset.manifest.parents[GRAPH]).graph
    config = dataset_configuration(workspace, dataset_id)
    rows = read_rows(held.read(dataset, ROWS_FILE), graph.catalogue, config.type_ranges, list(config.label_params))
    has_none = recount_rows(index_edges(graph), rows.nodes, rows.offsets).fractions.neg_frac == 0.0
    counts = np.bincount(rows.label[has_none], minlength=len(rows.labels))
    return {label: int(count) for label, count in zip(rows.labels, counts, strict=True)}


@st.cache_data(show_spinner=False, max_entries=32)
def prompt_set(workspace: str, prompts_id: str) -> PromptSet:
    """A stored version of the prompts; the shipped ones for an empty id."""
    return load_prompts(workbench().open(workspace).workspace, prompts_id)


@st.cache_data(show_spinner="Reading the file", max_entries=16)
def fact_reading(data: bytes, filename: str) -> FactReading:
    """An uploaded file of facts: what it holds, or every problem in it."""
    return read_facts(data, filename)


@st.cache_data(show_spinner=False, max_entries=32)
def evidence_file(workspace: str, evidence_id: str) -> FactFile:
    """A stored file of facts."""
    return load_evidence(workbench().open(workspace).workspace, evidence_id)


class FactFit(NamedTuple):
    """How far a file of facts fits a catalogue: attributes with a fact, of all, and the facts that are about none."""

    n_attributes: int
    n_all: int
    unused: tuple[Problem, ...]


@st.cache_data(show_spinner="Looking for the attributes", max_entries=64)
def fact_fit(workspace: str, _facts: FactFile, facts_id: str, catalogue_id: str) -> FactFit:  # noqa: ARG001 - the key
    """How far a file of facts, known by its `fingerprint`, fits a stored catalogue."""
    known = catalogue(workspace, catalogue_id)
    n_attributes = sum(bool(_facts.facts_about(attribute)) for attribute in known.attributes)
    return FactFit(n_attributes, len(known), _facts.unused(known))


@st.cache_data(show_spinner="Reading the clusters", max_entries=8)
def cluster_stages(workspace: str, version: str) -> Stages:
    """A stored version of prepared clusters; `CorruptArtefact` when its files were changed."""
    return load_stages(workbench().open(workspace).workspace, version)


@st.cache_data(show_spinner=False, max_entries=64)
def cluster_fates(workspace: str, version: str, settings: ClusterStrategySettings) -> Fates:
    """What thresholds make of all pairs of attributes; `ValenceError` while cluster pairs have no score."""
    return pair_fates(cluster_stages(workspace, version), settings)


@st.cache_data(show_spinner="Counting calls", max_entries=64)
def cluster_calls(workspace: str, version: str, settings: ClusterStrategySettings, batch_size: int) -> CallCounts:
    """Calls that a run from a version of clusters would make under these thresholds."""
    asking_all = _calls_asking_all(workspace, version, without_inheriting(settings), batch_size)
    return call_counts(cluster_stages(workspace, version), settings, batch_size, asking_all)


@st.cache_data(show_spinner=False, max_entries=64)
def _calls_asking_all(
    workspace: str, version: str, settings: ClusterStrategySettings, batch_size: int
) -> StageEstimate:
    return expansion_calls(cluster_stages(workspace, version), settings, batch_size)


@st.cache_data(show_spinner=False, max_entries=64)
def preparation_calls(workspace: str, catalogue_id: str, version: str, settings: GraphSettings) -> ClusterEstimate:
    """Calls stage by stage from a version of clusters, or from nothing for an empty id."""
    start = cluster_stages(workspace, version) if version else None
    known = catalogue(workspace, catalogue_id)
    return estimate_cluster(known, settings.cluster, start, settings.clusters, settings.batch_size)


@st.cache_data(show_spinner=False, max_entries=64)
def cluster_changes(workspace: str, before: str, after: str) -> tuple[str, ...]:
    """In what two versions of clusters differ."""
    return stage_changes(cluster_stages(workspace, before), cluster_stages(workspace, after))


def run_summaries(workspace: str) -> tuple[RunSummary, ...]:
    """What every run has spent and met; counted anew as soon as the answer log has changed on the disk."""
    path = workbench().open(workspace).workspace.answers.path
    files = (path, path.with_name(f"{path.name}-wal"))
    seen = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files if file.exists())
    return _run_summaries(workspace, seen)


@st.cache_data(show_spinner="Counting the calls of every run", max_entries=8)
def _run_summaries(workspace: str, seen: tuple[tuple[int, int], ...]) -> tuple[RunSummary, ...]:  # noqa: ARG001 - key
    return workbench().open(workspace).workspace.answers.runs()


def run_calls(workspace: str, run: str, ended_at: str, search: CallSearch, offset: int, limit: int) -> CallPage:
    """A page of a run's calls, newest first; read anew each time for a run that goes on (`ended_at` empty)."""
    if ended_at:
        return _ended_run_calls(workspace, run, ended_at, search.model_dump(), offset, limit)
    return find_calls(workbench().open(workspace).workspace.answers, run, search, offset, limit)


@st.cache_data(show_spinner=False, max_entries=64)
def _ended_run_calls(
    workspace: str,
    run: str,
    ended_at: str,  # noqa: ARG001 - part of the key: a run that was resumed has ended anew
    search: dict[str, Any],
    offset: int,
    limit: int,
) -> CallPage:
    log = workbench().open(workspace).workspace.answers
    return find_calls(log, run, CallSearch.model_validate(search), offset, limit)


def run_failed_tries(workspace: str, run: str, number: int, kinds: tuple[str, ...]) -> tuple[LoggedCall, ...]:
    """The attempts of a run at the question of call `number` that ended in one of `kinds`, the oldest first."""
    log = workbench().open(workspace).workspace.answers
    return failed_tries(log, log.call(run, number), kinds)


@st.cache_data(show_spinner=False, max_entries=16)
def suspicious_texts(workspace: str, catalogue_id: str) -> tuple[tuple[str, str], ...]:
    """Texts of a catalogue that look like attempts to steer a judge: the attribute's value, and why."""
    return tuple(
        (attribute.value, why)
        for attribute in catalogue(workspace, catalogue_id).attributes
        for text in (attribute.value, attribute.modality, attribute.attribute_type, *attribute.facts.values())
        if (why := suspicious(text))
    )


@st.cache_data(show_spinner=False, max_entries=32)
def pairs_by_basis(workspace: str, graph_id: str) -> dict[Basis, int]:
    """How many pairs of a graph were asked, inherited, inferred and reviewed; empty for a plain uploaded graph."""
    answers = _graph(workspace, graph_id).answers
    if isinstance(answers, SignedGraph):
        return {}
    counts = np.bincount(answers.basis, minlength=len(Basis))
    return {basis: int(counts[basis]) for basis in Basis}


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
    return count_blocks(_graph(workspace, graph_id).graph, groups.group, len(groups.names))


@st.cache_data(show_spinner=False, max_entries=16)
def structure(workspace: str, graph_id: str) -> Structure:
    """Degrees, blocks and triangles of a stored graph."""
    return structure_of(_graph(workspace, graph_id).graph)


def attribute_facts(workspace: str, catalogue_id: str, attribute_id: str) -> tuple[KnownFact, ...]:
    """What is known of an attribute of a stored catalogue; read anew when the trait table changes."""
    return _attribute_facts(workspace, catalogue_id, attribute_id, load_trait_table().fingerprint)


@st.cache_data(show_spinner=False, max_entries=4_096)
def _attribute_facts(
    workspace: str,
    catalogue_id: str,
    attribute_id: str,
    traits: str,  # noqa: ARG001 - part of the key
) -> tuple[KnownFact, ...]:
    return known_facts(catalogue(workspace, catalogue_id)[attribute_id], load_trait_table())


@st.cache_data(show_spinner=False, max_entries=4_096)
def first_answer(workspace: str, graph_id: str, source: str, target: str) -> Pair | None:
    """What the judge said of a pair (ids in catalogue order), or the uploaded edge, whatever reviews made of it since.

    None where the graph holds nothing of the pair.
    """
    stored = _graph(workspace, graph_id)
    judged = stored.judged
    table = pair_table(judged if isinstance(judged, SignedGraph) else stored.graph, judged)
    first, second = (table.catalogue.position_of[end] for end in (source, target))
    start, end = np.searchsorted(table.source, [first, first + 1]).tolist()
    row = start + int(np.searchsorted(table.target[start:end], second))
    return table.pair(row) if row < end and table.target[row] == second else None


class Comparison(NamedTuple):
    """How far two stored graphs agree, and how many attributes their catalogues share (`n_other_facts` of them with
    another type or other facts) or have alone.
    """

    agreement: GraphComparison
    n_common: int
    n_only_a: int
    n_only_b: int
    n_other_facts: int


@st.cache_data(show_spinner="Comparing the graphs", max_entries=32)
def comparison(workspace: str, a: str, b: str) -> Comparison:
    """Two stored graphs by id, over the pairs that both could hold; `ValenceError` where there is none."""
    ground = _common_ground(workspace, a, b)
    agreement = compare_pairs(ground.catalogue, ground.a, ground.b)
    return Comparison(agreement, len(ground.catalogue), ground.n_only_a, ground.n_only_b, ground.n_other_facts)


@st.cache_data(show_spinner="Looking for pairs that differ", max_entries=4)
def differing_pairs(workspace: str, a: str, b: str) -> Differences:
    """Every pair in which two stored graphs differ; positions and rows are those of the graphs' own tables."""
    return find_differences(_common_ground(workspace, a, b))


@st.cache_data(show_spinner=False, max_entries=32)
def matching_differences(workspace: str, a: str, b: str, search: dict[str, Any]) -> NDArray[np.int32]:
    """Numbers of the differing pairs that a search finds, in its order."""
    pairs = workbench().open(workspace).pairs
    wanted = DifferenceSearch.model_validate(search)
    return search_differences(differing_pairs(workspace, a, b), pairs(a), pairs(b), wanted)


def _common_ground(workspace: str, a: str, b: str) -> CommonGround:
    pairs = workbench().open(workspace).pairs
    return common_ground(pairs(a).catalogue, pairs(a), pairs(b).catalogue, pairs(b))


def reviews_stand(workspace: str, graph_id: str) -> ReviewStanding:
    """What the reviews of today make of a graph; remembered until somebody reviews again."""
    catalogue_id = _graph(workspace, graph_id).graph.catalogue.id
    return _reviews_stand(workspace, graph_id, workbench().open(workspace).workspace.reviews.version(catalogue_id))


@st.cache_data(show_spinner="Counting reviews", max_entries=16)
def _reviews_stand(workspace: str, graph_id: str, version: int) -> ReviewStanding:  # noqa: ARG001 - part of the key
    return review_standing(resolution_of(workbench().open(workspace).workspace, _graph(workspace, graph_id)))


def review_agreement(workspace: str, graph_id: str) -> GraphAgreement:
    """How far reviewers and a graph's judge agree; remembered until somebody reviews again or makes another queue."""
    held, catalogue_id = workbench().open(workspace).workspace, _graph(workspace, graph_id).graph.catalogue.id
    queues = tuple(queue.id for queue in queues_of(held, catalogue_id))
    return _review_agreement(workspace, graph_id, held.reviews.version(catalogue_id), queues)


@st.cache_data(show_spinner="Measuring agreement", max_entries=16)
def _review_agreement(
    workspace: str,
    graph_id: str,
    version: int,  # noqa: ARG001 - part of the key, like the queues
    queues: tuple[str, ...],  # noqa: ARG001
) -> GraphAgreement:
    return measure_agreement(workbench().open(workspace).workspace, _graph(workspace, graph_id))


@st.cache_data(show_spinner=False, max_entries=32)
def check_set(workspace: str, checks_id: str) -> WrittenSet:
    """The pairs of a stored check set."""
    return load_checks(workbench().open(workspace).workspace, checks_id)


@st.cache_data(show_spinner=False, max_entries=64)
def review_queue(workspace: str, queue_id: str) -> Queue:
    """A stored review queue; `NotFound` where there is none."""
    return open_queue(workbench().open(workspace).workspace, queue_id)


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


@st.cache_data(show_spinner="Counting rows", max_entries=16)
def edge_leverage(workspace: str, graph_id: str, source: RowSource) -> Leverage:
    """The leverage of every edge of a stored graph over the rows of a source."""
    return leverage_of(_graph(workspace, graph_id).graph, _held_rows(workspace, graph_id, source))


@st.cache_data(show_spinner="Counting rows", max_entries=64)
def pair_what_if(workspace: str, graph_id: str, source: RowSource, first: str, second: str, after: Outcome) -> WhatIf:
    """What becomes of the rows of a source if the pair of two attribute ids were `after`."""
    rows = _held_rows(workspace, graph_id, source)
    return count_what_if(_graph(workspace, graph_id), rows, first, second, after)


@st.cache_data(show_spinner="Reading the rows", max_entries=4)
def _held_rows(workspace: str, graph_id: str, source: RowSource) -> HeldRows:
    return load_rows(workbench().open(workspace).workspace, _graph(workspace, graph_id), source)


@st.cache_data(show_spinner=False, max_entries=1_024)
def past_answer(workspace: str, graph_id: str, first: str, second: str) -> PastAnswer:
    """What a stored graph says of two attribute ids, looked up in its files."""
    return look_up_answer(workbench().open(workspace).workspace, graph_id, first, second)


class Drawn(NamedTuple):
    """What a density was drawn from; `type_ranges` as items, in the order of the rows' keys."""

    workspace: str
    graph_id: str
    type_ranges: tuple[tuple[str, tuple[int, int]], ...]
    n_subgraphs: int
    seed: int

    def density(self) -> Density:
        """The density itself."""
        return density(self.workspace, self.graph_id, dict(self.type_ranges), self.n_subgraphs, self.seed)


@st.cache_data(show_spinner="Searching how far rows reach", max_entries=32)
def reach(drawn: Drawn) -> ReachReport:
    """The extremes of both fractions that searches find."""
    return report_reach(_graph(drawn.workspace, drawn.graph_id).graph, drawn.density())


def label_report(drawn: Drawn, label: str, params: LabelParams) -> LabelReport:
    """How hard a label is, and what stands in its way; its number of rows changes nothing."""
    return _label_report(drawn, label, params.pos_frac_range, params.neg_frac_range)


@st.cache_data(show_spinner=False, max_entries=256)
def _label_report(
    drawn: Drawn, label: str, pos_range: tuple[float, float], neg_range: tuple[float, float]
) -> LabelReport:
    params = LabelParams(pos_frac_range=pos_range, neg_frac_range=neg_range, num_samples=1)
    return report_label(_graph(drawn.workspace, drawn.graph_id).graph, drawn.density(), label, params)


def separability(drawn: Drawn, label_params: dict[str, LabelParams]) -> Separability:
    """How far labels can be told apart by their ranges, with their numbers of rows."""
    return _separability(drawn, tuple((name, params.model_dump_json()) for name, params in label_params.items()))


@st.cache_data(show_spinner=False, max_entries=64)
def _separability(drawn: Drawn, labels: tuple[tuple[str, str], ...]) -> Separability:
    params = {name: LabelParams.model_validate_json(text) for name, text in labels}
    return measure_separability(drawn.density(), params)


@st.cache_data(show_spinner=False, max_entries=32)
def modality_pairs(
    workspace: str, graph_id: str, type_ranges: tuple[tuple[str, tuple[int, int]], ...]
) -> tuple[PairDensity, ...]:
    """What every two modalities bring to a random row under these quotas."""
    return pair_densities(_graph(workspace, graph_id).graph, dict(type_ranges))


@st.cache_data(show_spinner="Comparing rows", max_entries=16)
def dataset_hygiene(workspace: str, dataset_id: str) -> Hygiene:
    """How varied the rows of a stored dataset are, compared with each other."""
    return measure_dataset_hygiene(workbench().open(workspace).workspace, dataset_id)

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
from app.services import workbench
from core.catalogue.model import Catalogue
from core.catalogue.reading import read_catalogue
from core.dataset.evaluation import Evaluation
from core.dataset.reading import read_rows
from core.dataset.version import EVALUATION_FILE, PARQUET_FILE, ROWS_FILE
from core.errors import CorruptArtefact, InvalidInput, Problem, ValenceError
from core.fingerprint import digest
from core.graph.model import Basis, Outcome, SignedGraph, VerdictTable
from core.graph.pair_table import PairSearch, examples, find_pairs
from core.graph.prompts import PromptSet, suspicious
from core.graph.statistics import GraphStatistics, graph_statistics, unknown_attributes
from core.graph.strategies.cluster.estimate import ClusterEstimate, StageEstimate, estimate_cluster
from core.graph.strategies.cluster.run import name_of
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.knowledge.fact_files import FactFile, FactReading, read_facts
from core.progress import finish
from core.sampler.configuration import LABEL_KEY, DatasetConfig, parse_config
from core.sampler.density import Density, measure_density
from core.sampler.encoding import encode_config, label_box
from core.sampler.feasibility import proof_of_infeasibility
from core.sampler.recount import index_edges, recount_rows
from core.store.answer_rows import CallPage, LoggedCall, RunSummary
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.dry_run import DryLabel
from core.workflows.dry_run import dry_run as try_rows
from core.workflows.evidence import load_evidence
from core.workflows.graph_costs import CostEstimate, estimate_cost
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_sources import sources_of
from core.workflows.graphs import GRAPH, StoredGraph, load_start
from core.workflows.model_settings import read_prices_text
from core.workflows.prompts import load_prompts
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
    return graph_statistics(stored.graph, stored.verdicts)


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
    known: SignedGraph | VerdictTable = graph if stored.verdicts is None else stored.verdicts
    outcomes = graph.sign if stored.verdicts is None else stored.verdicts.outcome
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
    """How many pairs of a judged graph were asked, inherited and inferred; empty for a graph without verdicts."""
    verdicts = _graph(workspace, graph_id).verdicts
    if verdicts is None:
        return {}
    counts = np.bincount(verdicts.basis, minlength=len(Basis))
    return {basis: int(counts[basis]) for basis in Basis}


@st.cache_data(show_spinner=False, max_entries=16)
def group_names(workspace: str, stages_id: str) -> dict[int, str]:
    """What each group of prepared stages is called, by its number; empty where none are found yet."""
    clustering = cluster_stages(workspace, stages_id).clustering
    return {number: name_of(clustering, number) for number in clustering.by_number} if clustering else {}

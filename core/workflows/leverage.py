"""Leverage in a workspace: which rows to count, what each edge is worth in them, and what becomes of them if one flips.

Nothing is stored: an answer follows from the ids of the graph and of the rows, so whoever asks may remember it.
"""

from typing import NamedTuple

from core.errors import InvalidInput, ValenceError
from core.graph.model import Outcome, SignedGraph
from core.sampler.configuration import DatasetConfig, config_json, parse_config
from core.sampler.configuration_check import check_config
from core.sampler.density import measure_density
from core.sampler.held_rows import N_RANDOM_ROWS, HeldRows, labelled_rows, random_rows
from core.sampler.leverage import Leverage, WhatIf, leverage_of, what_if
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.dataset_rows import read_dataset_rows
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.drafts import newest_draft, read_draft, starting_config, starting_type_ranges
from core.workflows.graphs import GRAPH, StoredGraph


class RowSource(NamedTuple):
    """Where rows come from: a stored dataset by its id, or else random subgraphs of the graph under a configuration
    (its JSON text), held to the labels whose ranges they keep.
    """

    dataset: str = ""
    config: str = ""


def datasets_of(workspace: Workspace, stored: StoredGraph) -> tuple[Artefact, ...]:
    """Datasets whose rows can be counted on a graph, those of the same catalogue, sealed ones too: drawn from this
    graph first, then from the graph it was made from, then others; the newest first in each part.
    """
    catalogue = stored.graph.catalogue.id
    found = [d for d in workspace.artefacts.list(DATASET) if d.manifest.parents[CATALOGUE] == catalogue]
    nearest = _nearest(stored)
    return tuple(sorted(found, key=lambda d: [d.manifest.parents[GRAPH] != graph for graph in nearest]))


def draft_source(workspace: Workspace, stored: StoredGraph) -> RowSource:
    """Random subgraphs under the draft that was changed last, of this graph or else of the one it was made from, or
    under a first configuration for it.
    """
    for graph in _nearest(stored):
        if draft := newest_draft(workspace, graph):
            return RowSource(config=config_json(read_draft(workspace, draft, graph)))
    return RowSource(config=config_json(_first_config(stored.graph)))


def load_rows(workspace: Workspace, stored: StoredGraph, source: RowSource) -> HeldRows:
    """The rows of a source; they are in the order of the dataset's files.

    `NotFound` and `CorruptArtefact` for a dataset that is gone or damaged, `ValenceError` for one of another catalogue,
    `RowsSealed` for one whose rows are kept back, `InvalidInput` for a configuration that does not fit the catalogue.
    """
    if source.dataset:
        return _dataset_rows(workspace, stored.graph, workspace.artefacts.get(DATASET, source.dataset))
    config = parse_config(source.config)
    if problems := check_config(config, stored.graph.catalogue):
        raise InvalidInput("The configuration does not fit the catalogue", problems)
    return random_rows(stored.graph, config.type_ranges, config.label_params, N_RANDOM_ROWS, config.seed)


def edge_leverage(workspace: Workspace, stored: StoredGraph, source: RowSource) -> Leverage:
    """The leverage of every edge of a graph over the rows of a source; errors as in `load_rows`."""
    return leverage_of(stored.graph, load_rows(workspace, stored, source))


def pair_what_if(stored: StoredGraph, rows: HeldRows, first: str, second: str, after: Outcome) -> WhatIf:
    """What becomes of rows if the pair of two attributes (ids, in either order) were `after`; `NotFound` for others."""
    catalogue = stored.graph.catalogue
    source, target = sorted(catalogue.position_of[catalogue[end].id] for end in (first, second))
    return what_if(stored.graph, rows, source, target, after)


def _nearest(stored: StoredGraph) -> tuple[str, ...]:
    """The graph, and the one it was made from."""
    return (stored.artefact.id, *(id for kind, id in stored.artefact.manifest.parents.items() if kind == GRAPH))


def _dataset_rows(workspace: Workspace, graph: SignedGraph, dataset: Artefact) -> HeldRows:
    if dataset.manifest.parents[CATALOGUE] != graph.catalogue.id:
        raise ValenceError(
            f"The rows of “{dataset.manifest.title}” are of another catalogue than this graph.",
            "Choose a dataset whose graph is of the same catalogue.",
        )
    config = dataset_config(workspace, dataset)
    rows = read_dataset_rows(workspace, dataset.id, graph.catalogue)
    return labelled_rows(rows.nodes, rows.offsets, rows.label, config.label_params)


def _first_config(graph: SignedGraph) -> DatasetConfig:
    return starting_config(measure_density(graph, starting_type_ranges(graph.catalogue)))

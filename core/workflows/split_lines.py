"""Reference scores of a split's test rows, or of all rows of a dataset, by the law that graph and labels follow."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.dataset.rows import LabelledRows
from core.errors import ValenceError
from core.graph.model import SignedGraph
from core.leaderboard.lines import (
    Lines,
    RegionLaw,
    ceiling_by_law,
    ceiling_on_rows,
    macro_f1,
    majority_score,
    oracle_rule,
    region_law,
)
from core.progress import finish
from core.sampler.configuration import DatasetConfig, LabelParams, SearchMethod, Spread
from core.sampler.density import measure_density
from core.sampler.encoding import Encoding, encode_config
from core.sampler.fractions import Fractions, inside
from core.sampler.label_search import prepare_label
from core.sampler.recount import index_edges, recount_rows
from core.sampler.search import LabelRequest
from core.store.workspace import Workspace
from core.workflows.dataset_rows import rows_for_figures
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.hygiene import MAX_ROWS

LAW_SUBGRAPHS: Final = 40_000
ENOUGH_HITS: Final = 400  # subgraphs inside a box: the shares of its regions are then within about .02
LAW_ROWS: Final = 400  # drawn of a label that fewer subgraphs meet
_OWN_SEED: Final = 1_000_003  # so that rows drawn here are not the dataset's


class SplitRows(NamedTuple):
    """The rows of a split as they stand in its files, labels int8 [R]: `train` is the label of each training row."""

    train: NDArray[np.int8]
    test: LabelledRows


def measure_lines(graph: SignedGraph, config: DatasetConfig, rows: SplitRows) -> Lines:
    """The lines of a split; `rows.test.labels` are the labels that have rows, in the configuration's order."""
    test = rows.test
    labels = {name: config.label_params[name] for name in test.labels}
    found = recount_rows(index_edges(graph), test.nodes, test.offsets).fractions
    label = test.label.astype(np.int8)
    n_rows = np.array([params.num_samples for params in labels.values()], dtype=np.int64)
    law = law_of(graph, config, labels)
    oracle = ceiling = None
    if law is not None:
        oracle = macro_f1(label, oracle_rule(law, n_rows).predict(found, labels), len(labels))
        ceiling = ceiling_by_law(law, n_rows)
    majority = majority_score(rows.train, label, len(labels))
    return Lines(oracle, majority, ceiling, ceiling_on_rows(found, label, labels))


def dataset_lines(workspace: Workspace, dataset_id: str) -> Lines:
    """The lines over all rows of a dataset, sealed or not; `ValenceError` for one of too many rows to read."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    n_rows = dataset.manifest.facts["n_rows"]
    if n_rows > MAX_ROWS:
        raise ValenceError(
            f"This dataset has {n_rows:,} rows; what a model could score is measured on up to {MAX_ROWS:,}.",
            "Draw a smaller dataset with the same settings to see it.",
        )
    graph = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph
    rows = with_used_labels(rows_for_figures(workspace, dataset, graph.catalogue))
    return measure_lines(graph, dataset_config(workspace, dataset), SplitRows(rows.label.astype(np.int8), rows))


def with_used_labels(rows: LabelledRows) -> LabelledRows:
    """The same rows, the labels that none has left out."""
    used = np.unique(rows.label)
    place = np.zeros(len(rows.labels), dtype=np.int32)
    place[used] = np.arange(len(used))
    return replace(rows, labels=tuple(rows.labels[i] for i in used), label=place[rows.label])


def law_of(graph: SignedGraph, config: DatasetConfig, labels: Mapping[str, LabelParams]) -> RegionLaw | None:
    """How each label's clean rows lie in regions, from the graph and the configuration alone.

    Random subgraphs tell where enough of them meet a label's ranges and its rows lie as they do; for any other label
    rows are drawn. None where a label cannot be drawn any more.
    """
    random = measure_density(graph, config.type_ranges, LAW_SUBGRAPHS, config.seed % 1_000).fractions
    settings = config.sampler
    is_natural = settings.spread is Spread.NATURAL and settings.method is not SearchMethod.FULL_ANNEALING
    encoding: Encoding | None = None
    samples = {}
    for name, params in labels.items():
        hits = inside(random, params.pos_frac_range, params.neg_frac_range)
        if is_natural and int(hits.sum()) >= ENOUGH_HITS:
            samples[name] = Fractions(*(values[hits] for values in random))
            continue
        encoding = encoding or encode_config(graph, config)
        try:
            samples[name] = _drawn(graph, encoding, LabelRequest(name, params, settings, _other_seed(config.seed)))
        except ValenceError:  # another law than the rows were made by: no line is better than a wrong one
            return None
    return region_law(samples, labels)


def _drawn(graph: SignedGraph, encoding: Encoding, request: LabelRequest) -> Fractions:
    search = finish(prepare_label(encoding, request))
    parts = [search.draw(rows) for rows in search.chunks(range(LAW_ROWS))]
    sizes = np.concatenate([part.sizes for part in parts])
    nodes = np.concatenate([part.nodes for part in parts])
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return recount_rows(index_edges(graph), nodes, offsets).fractions


def _other_seed(seed: int) -> int:
    return seed ^ _OWN_SEED

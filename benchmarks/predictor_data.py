"""What the predictors are measured on: the published label ranges on the made-up graph of 1,400 attributes."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.dataset.generation import generate_dataset
from core.graph.model import SignedGraph
from core.leaderboard.lines import ceiling_on_rows
from core.models.tables import AttributeTable, CampaignRows, SignedEdges, TrainingSet
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.example_vectors import example_vectors
from core.sampler.published import published_config
from core.sampler.recount import index_edges, recount_rows

EXAMPLE: Final = "1400"
TEST_SHARE: Final = 0.2
NEW_ATTRIBUTES: Final = 0.1  # of all, held by no training row of a cold split
_SEED: Final = 6


@dataclass(frozen=True, eq=False)
class Parted:
    """Rows to learn from and rows to score; `ceiling`: the best macro F1 that any rule over label ranges could have."""

    training: TrainingSet
    test: TrainingSet
    ceiling: float


@cache
def example_graph() -> SignedGraph:
    """1,400 attributes, 124,400 + and 112,000 - edges."""
    return make_example(example_named(EXAMPLE))


@cache
def attributes() -> AttributeTable:
    """The example's attributes with the content vectors that explain only part of the signs."""
    listed = example_graph().catalogue.attributes
    kinds = tuple(dict.fromkeys(attribute.modality for attribute in listed))
    kind = np.array([kinds.index(attribute.modality) for attribute in listed], dtype=np.int32)
    values = tuple(attribute.value for attribute in listed)
    ids = tuple(attribute.id for attribute in listed)
    return AttributeTable(ids, values, values, kinds, kinds, kind, kind, example_vectors(example_named(EXAMPLE)))


def labelled(name: str, n_rows: int, first_feasible: bool = False) -> TrainingSet:
    """About `n_rows` of a published configuration, shuffled: by the law, or stopped at the first subgraph in range."""
    config = _config(name, n_rows, first_feasible)
    made = finish(generate_dataset(example_graph(), config, n_workers=1)).rows
    numbers = np.random.default_rng(_SEED).permutation(len(made)).astype(np.int64)
    whole = TrainingSet(
        attributes(),
        CampaignRows(made.nodes, made.offsets),
        made.labels,
        made.label.astype(np.int32),
        np.arange(len(made), dtype=np.int64),
        _edges(),
    )
    return whole.take(numbers)


def parted(name: str, rows: TrainingSet) -> Parted:
    """The first 80 % to learn from, the rest to score."""
    n = round((1 - TEST_SHARE) * len(rows))
    everything = np.arange(len(rows), dtype=np.int64)
    return _parted(name, rows, everything[:n], everything[n:])


def cold(name: str, rows: TrainingSet) -> Parted:
    """Rows without any of the new attributes to learn from, rows that hold one or more to score."""
    n = len(rows.attributes)
    new = np.zeros(n, dtype=np.bool_)
    new[np.random.default_rng(_SEED).permutation(n)[: round(NEW_ATTRIBUTES * n)]] = True
    holds = np.bincount(rows.rows.row_of_node()[new[rows.rows.nodes]], minlength=len(rows)) > 0
    most = round(TEST_SHARE * len(rows))
    return _parted(name, rows, np.flatnonzero(~holds), np.flatnonzero(holds)[:most])


def with_flipped_labels(rows: TrainingSet, share: float) -> TrainingSet:
    """The rows with a share of their labels changed to another one."""
    rng = np.random.default_rng(_SEED)
    wrong = rng.random(len(rows)) < share
    step = rng.integers(1, len(rows.labels), len(rows))
    return replace(rows, label=np.where(wrong, (rows.label + step) % len(rows.labels), rows.label).astype(np.int32))


def _parted(name: str, rows: TrainingSet, learnt: NDArray[np.int64], scored: NDArray[np.int64]) -> Parted:
    test = rows.take(scored)
    found = recount_rows(index_edges(example_graph()), test.rows.nodes, test.rows.offsets).fractions
    ranges = published_config(name).config.label_params
    return Parted(rows.take(learnt), test, ceiling_on_rows(found, test.label.astype(np.int8), ranges))


def _config(name: str, n_rows: int, first_feasible: bool) -> DatasetConfig:
    data = published_config(name).config.model_dump(mode="json")
    scale = n_rows / sum(label["num_samples"] for label in data["label_params"].values())
    for label in data["label_params"].values():
        label["num_samples"] = round(scale * label["num_samples"])
    if first_feasible:
        data["sampler"] |= {"method": "annealing", "mixing_proposals": 0}
    return parse_config(data)


def _edges() -> SignedEdges:
    graph = example_graph()
    return SignedEdges(graph.source, graph.target, graph.sign)

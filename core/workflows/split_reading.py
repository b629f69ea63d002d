"""What may be read of a split: its card, its rows, and the training set that predictors learn from."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.dataset.near_rows import near_duplicate_groups
from core.dataset.rows import LabelledRows
from core.dataset.split_files import (
    ATTRIBUTES_FILE,
    CARD_FILE,
    TEST_PARQUET,
    TRAIN_PARQUET,
    VECTORS_FILE,
    AttributeColumns,
    ReadRows,
    read_attributes,
    read_row_ids,
    read_split_rows,
)
from core.graph.model import SignedGraph
from core.leaderboard.lines import Lines
from core.models.tables import AttributeTable, CampaignRows, SignedEdges, TrainingSet
from core.models.vector_tables import read_vectors_file
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH, load_graph

SPLIT: Final = "split"
VECTORS: Final = "vectors"


class TestRows(NamedTuple):
    """The test rows of a split, public and private mixed: R ids, and the rows as positions in its attributes."""

    row_ids: tuple[str, ...]
    rows: CampaignRows


class TrainingRows(NamedTuple):
    """The training rows of a split: R ids, the rows, and the place of each label in `labels`, int32 [R]."""

    row_ids: tuple[str, ...]
    rows: CampaignRows
    labels: tuple[str, ...]
    label: NDArray[np.int32]


def split_card(workspace: Workspace, split_id: str) -> dict[str, Any]:
    """What may be known of a split, as JSON data: its dataset, kind, settings, labels, numbers of rows, and lines."""
    split = workspace.artefacts.get(SPLIT, split_id)
    card: dict[str, Any] = json.loads(workspace.artefacts.read(split, CARD_FILE))
    return card


def lines_of(card: Mapping[str, Any]) -> Lines:
    """The lines on a split's card."""
    return Lines(**card["lines"])


def training_rows(workspace: Workspace, split_id: str) -> TrainingRows:
    """The training rows of a split with their labels."""
    card = split_card(workspace, split_id)
    read, labels = _read(workspace, split_id, card, TRAIN_PARQUET), tuple(card["labels"])
    place = {name: number for number, name in enumerate(labels)}
    label = np.array([place[name] for name in read.label], dtype=np.int32)
    return TrainingRows(read.row_ids, CampaignRows(read.nodes, read.offsets), labels, label)


def test_rows(workspace: Workspace, split_id: str) -> TestRows:
    """The test rows of a split, in the order of its test file."""
    read = _read(workspace, split_id, split_card(workspace, split_id), TEST_PARQUET)
    return TestRows(read.row_ids, CampaignRows(read.nodes, read.offsets))


def ids_of_test_rows(workspace: Workspace, split_id: str) -> tuple[str, ...]:
    """The ids of the test rows alone, in the order of the test file."""
    split = workspace.artefacts.get(SPLIT, split_id)
    return read_row_ids(workspace.artefacts.read(split, TEST_PARQUET))


def ids_of_training_rows(workspace: Workspace, split_id: str) -> tuple[str, ...]:
    """The ids of the training rows alone, in the order of the training file."""
    split = workspace.artefacts.get(SPLIT, split_id)
    return read_row_ids(workspace.artefacts.read(split, TRAIN_PARQUET))


def training_set(workspace: Workspace, split_id: str, vectors_id: str = "", *, with_edges: bool = False) -> TrainingSet:
    """What a predictor learns from: the training rows, their near-duplicates grouped, and the attributes.

    The vectors are those of the `vectors` artefact, or else those that were stored with the split, or else none (zero
    columns). The edges, which answer everything, are there only when asked for: for the graph-aware track alone.
    """
    card = split_card(workspace, split_id)
    rows = training_rows(workspace, split_id)
    split = workspace.artefacts.get(SPLIT, split_id)
    columns = _attributes(workspace, split)
    table = _table(columns, _vectors(workspace, split, columns, vectors_id))
    return TrainingSet(
        attributes=table,
        rows=rows.rows,
        labels=rows.labels,
        label=rows.label,
        group=_groups(rows, tuple(card["types"])),
        edges=_edges(workspace, card["dataset"], columns) if with_edges else None,
    )


def _read(workspace: Workspace, split_id: str, card: Mapping[str, Any], name: str) -> ReadRows:
    split = workspace.artefacts.get(SPLIT, split_id)
    data = workspace.artefacts.read(split, name)
    return read_split_rows(data, _attributes(workspace, split), card["types"], with_labels=name == TRAIN_PARQUET)


def _attributes(workspace: Workspace, split: Artefact) -> AttributeColumns:
    return read_attributes(workspace.artefacts.read(split, ATTRIBUTES_FILE))


def _table(columns: AttributeColumns, vectors: NDArray[np.float32]) -> AttributeTable:
    modalities, types = (tuple(dict.fromkeys(names)) for names in (columns.modalities, columns.attribute_types))
    return AttributeTable(
        ids=columns.ids,
        values=columns.values,
        texts=columns.texts,
        modalities=modalities,
        types=types,
        modality=np.array([modalities.index(name) for name in columns.modalities], dtype=np.int32),
        attribute_type=np.array([types.index(name) for name in columns.attribute_types], dtype=np.int32),
        vectors=vectors,
    )


def _vectors(workspace: Workspace, split: Artefact, columns: AttributeColumns, vectors_id: str) -> NDArray[np.float32]:
    """float32 [A, D] in the order of the attributes; zeros for those that have none, no column where there are none."""
    if vectors_id:
        data = workspace.artefacts.read(workspace.artefacts.get(VECTORS, vectors_id), VECTORS_FILE)
    elif VECTORS_FILE in split.manifest.files:
        data = workspace.artefacts.read(split, VECTORS_FILE)
    else:
        return np.zeros((len(columns.ids), 0), dtype=np.float32)
    ids, known = read_vectors_file(data)
    row_of = {attribute_id: row for row, attribute_id in enumerate(ids)}
    rows = np.array([row_of.get(attribute_id, -1) for attribute_id in columns.ids], dtype=np.int64)
    vectors = np.zeros((len(rows), known.shape[1]), dtype=np.float32)
    vectors[rows >= 0] = known[rows[rows >= 0]]
    return vectors


def _groups(rows: TrainingRows, types: tuple[str, ...]) -> NDArray[np.int64]:
    same = LabelledRows(types, rows.labels, rows.label, rows.rows.nodes, rows.rows.offsets)
    return near_duplicate_groups(same)


def _edges(workspace: Workspace, dataset_id: str, columns: AttributeColumns) -> SignedEdges:
    """The edges between the split's attributes, by their positions."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    graph: SignedGraph = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph
    place_of = {attribute_id: place for place, attribute_id in enumerate(columns.ids)}
    place = np.array([place_of.get(a.id, -1) for a in graph.catalogue.attributes], dtype=np.int32)
    source, target = place[graph.source], place[graph.target]
    kept = (source >= 0) & (target >= 0)
    return SignedEdges(source[kept], target[kept], graph.sign[kept])

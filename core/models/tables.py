"""What a predictor sees: attributes with texts and vectors, rows as sets of attributes, labels of training rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class AttributeTable:
    """A attributes, in one order for all rows that name them.

    `modality` and `attribute_type`, int32 [A], are places in `modalities` and `types`. `texts`: what is known of each
    in words. `vectors`, float32 [A, D]: content vectors, L2-normalised, a row of zeros where nothing is known; a
    modality whose vectors are shorter fills the first columns.
    """

    ids: tuple[str, ...]
    values: tuple[str, ...]
    texts: tuple[str, ...]
    modalities: tuple[str, ...]
    types: tuple[str, ...]
    modality: NDArray[np.int32]
    attribute_type: NDArray[np.int32]
    vectors: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class CampaignRows:
    """R rows without labels: row r holds the attributes `nodes[offsets[r]:offsets[r + 1]]` of a table.

    `nodes`: int32 positions in the table; `offsets`: int64 [R + 1].
    """

    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sizes(self) -> NDArray[np.int64]:
        """Attributes per row, int64 [R]."""
        return np.diff(self.offsets)

    def row_of_node(self) -> NDArray[np.int64]:
        """The row that each entry of `nodes` belongs to."""
        return np.repeat(np.arange(len(self)), self.sizes())

    def take(self, rows: NDArray[np.int64]) -> "CampaignRows":
        """The rows of these numbers, in their order."""
        sizes = self.sizes()[rows]
        offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        places = np.repeat(self.offsets[rows] - offsets[:-1], sizes) + np.arange(offsets[-1])
        return CampaignRows(self.nodes[places], offsets)

    def keep(self, wanted: NDArray[np.bool_]) -> "CampaignRows":
        """The same rows with the entries of `nodes` where `wanted` (bool, one per entry) is true."""
        kept = np.bincount(self.row_of_node()[wanted], minlength=len(self))
        return CampaignRows(self.nodes[wanted], np.concatenate(([0], np.cumsum(kept))).astype(np.int64))


@dataclass(frozen=True, eq=False)
class SignedEdges:
    """The edges file: int32 positions of both ends and int8 signs (+1, -1); only the graph-aware track may see it."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    sign: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Labelled rows to learn from.

    `label`, int32 [R]: places in `labels`. `group`, int64 [R]: near-duplicates share a number and must not be parted by
    a validation split. `edges` only where the track is graph-aware.
    """

    attributes: AttributeTable
    rows: CampaignRows
    labels: tuple[str, ...]
    label: NDArray[np.int32]
    group: NDArray[np.int64]
    edges: SignedEdges | None = None

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray[np.int64]) -> "TrainingSet":
        """The training rows of these numbers, in their order."""
        return replace(self, rows=self.rows.take(rows), label=self.label[rows], group=self.group[rows])

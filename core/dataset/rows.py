"""Labelled rows as columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.sampler.sampling import SampledLabel


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """R rows: row r holds the attributes `nodes[offsets[r]:offsets[r + 1]]` and the label `labels[label[r]]`.

    `nodes`: int32 catalogue positions, within a row by attribute type in the order of `types` and then by position;
    `offsets`: int64 [R + 1]; `label`: int32 [R].
    """

    types: tuple[str, ...]
    labels: tuple[str, ...]
    label: NDArray[np.int32]
    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def of_row(self, row: int) -> NDArray[np.int32]:
        """The catalogue positions of one row."""
        return self.nodes[self.offsets[row] : self.offsets[row + 1]]


def join_labels(types: Sequence[str], labels: Sequence[str], sampled: Mapping[str, SampledLabel]) -> LabelledRows:
    """Rows label after label in the order of `labels`, each label's rows by index; absent labels have none."""
    parts = [(i, sampled[name]) for i, name in enumerate(labels) if name in sampled]
    sizes = [np.diff(part.offsets) for _, part in parts]
    return LabelledRows(
        types=tuple(types),
        labels=tuple(labels),
        label=np.repeat([i for i, _ in parts], [len(size) for size in sizes]).astype(np.int32),
        nodes=np.concatenate([part.nodes for _, part in parts]),
        offsets=np.concatenate(([0], np.cumsum(np.concatenate(sizes)))).astype(np.int64),
    )


def type_counts(rows: LabelledRows, catalogue: Catalogue) -> NDArray[np.int64]:
    """How many attributes of each of the rows' types each row holds, int64 [R, T]."""
    column = {name: i for i, name in enumerate(rows.types)}
    type_of = np.array([column.get(a.attribute_type, -1) for a in catalogue.attributes], dtype=np.int64)
    row = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))
    width = len(rows.types)
    return np.bincount(row * width + type_of[rows.nodes], minlength=len(rows) * width).reshape(-1, width)

"""Labelled rows as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


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

    def part(self, start: int, stop: int) -> "LabelledRows":
        """The rows from `start` up to `stop`, which may lie beyond the last; their columns are views where they can."""
        offsets = self.offsets[start : stop + 1]
        return replace(
            self,
            label=self.label[start:stop],
            nodes=self.nodes[offsets[0] : offsets[-1]],
            offsets=offsets - offsets[0],
        )

    def blocks(self, n_rows: int) -> Iterator["LabelledRows"]:
        """The rows in their order, `n_rows` at a time."""
        return (self.part(start, start + n_rows) for start in range(0, len(self), n_rows))


def join_rows(parts: Sequence[LabelledRows]) -> LabelledRows:
    """Rows of the same types and labels, one part after the other; at least one part."""
    if len(parts) == 1:
        return parts[0]
    sizes = [np.diff(part.offsets) for part in parts]
    return replace(
        parts[0],
        label=np.concatenate([part.label for part in parts]),
        nodes=np.concatenate([part.nodes for part in parts]),
        offsets=np.concatenate(([0], np.cumsum(np.concatenate(sizes)))).astype(np.int64),
    )

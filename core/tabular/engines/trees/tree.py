"""A grown tree as arrays, and the way of many rows down to its leaves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = Mapping[str, NDArray[np.int32] | NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Question:
    """What a split asks of a row: a column's number, or its code's place on a line, float32 [K]."""

    column: str
    places: NDArray[np.float32] | None = None

    def answers(self, values: Values) -> NDArray[np.float32]:
        """The answer of every row, float32 [R]."""
        column = values[self.column]
        return column.astype(np.float32) if self.places is None else self.places[column]


@dataclass(frozen=True, slots=True)
class Tree:
    """M nodes; a row goes left where the answer to `asked` is <= `threshold`.

    A leaf is its own child, so that rows of any depth take the same number of steps. `leaf`: the number of the leaf,
    -1 for inner nodes.
    """

    questions: tuple[Question, ...]
    asked: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    leaf: NDArray[np.int32]
    depth: int

    @property
    def n_leaves(self) -> int:
        """How many leaves there are."""
        return int(self.leaf.max()) + 1

    def leaves_of(self, values: Values, n_rows: int) -> NDArray[np.int32]:
        """The leaf that every row ends in, int32 [R]."""
        node = np.zeros(n_rows, dtype=np.int32)
        if not self.depth:
            return node
        answers = np.stack([question.answers(values) for question in self.questions])
        rows = np.arange(n_rows)
        for _ in range(self.depth):
            goes_left = answers[self.asked[node], rows] <= self.threshold[node]
            node = np.where(goes_left, self.left[node], self.right[node])
        return self.leaf[node]

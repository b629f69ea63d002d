"""The form in which every synthesizer sees a table: columns of codes and columns of numbers, nothing else.

Preparation (`core.tabular.preparation`) makes it from a table and its schema, and turns sampled rows back: a list
becomes its length and its slots, a missing number a column of its own that says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PlainColumn:
    """A column of codes 0 .. `n_codes` - 1, or of finite numbers where `n_codes` is 0.

    `low` and `high` bound a number, `step` is its grid (1.0 for integers, 0.01 for two decimals, 0.0 for none).
    """

    name: str
    n_codes: int = 0
    low: float = 0.0
    high: float = 0.0
    step: float = 0.0

    @property
    def is_coded(self) -> bool:
        """Whether it holds codes and not numbers."""
        return self.n_codes > 0


@dataclass(frozen=True, eq=False)
class PlainTable:
    """R rows: for every column, in order, int32 codes [R] or float64 numbers [R].

    The target, where there is one, is the last column and coded.
    """

    columns: tuple[PlainColumn, ...]
    values: Mapping[str, NDArray[np.int32] | NDArray[np.float64]]
    target: str = ""

    def __len__(self) -> int:
        return len(self.values[self.columns[0].name])

    def codes(self, name: str) -> NDArray[np.int32]:
        """A coded column's codes."""
        return self.values[name].astype(np.int32, copy=False)

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A number column's values."""
        return self.values[name].astype(np.float64, copy=False)

    def take(self, rows: NDArray[np.int64]) -> "PlainTable":
        """The rows of these numbers, in their order."""
        taken = {name: values[rows] for name, values in self.values.items()}
        return PlainTable(self.columns, taken, self.target)


@dataclass(frozen=True, slots=True)
class Condition:
    """What sampled rows must hold in one column: one of `codes`, or a number within [`low`, `high`]."""

    column: str
    codes: frozenset[int] = frozenset()
    low: float = -np.inf
    high: float = np.inf

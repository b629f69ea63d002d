"""What boosted trees see of a row: numbers as they are, categories by frequency, lists by length, slots and values.

Each rule of the schema adds whether the row breaks it. The number of features does not depend on that of categories.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.encoding import MISSING, EncodedTable, Encoder, ListCells
from core.tabular.report.rulebook import Rulebook

_SLOTS = 3
_VALUES = 8


@dataclass(frozen=True, eq=False)
class Features:
    """float64 [R, F]; NaN is a missing cell."""

    names: tuple[str, ...]
    values: NDArray[np.float64]

    def without(self, name: str) -> "Features":
        """All features but those of one column."""
        kept = [i for i, found in enumerate(self.names) if found != name]
        return Features(tuple(self.names[i] for i in kept), self.values[:, kept])


def tree_features(table: EncodedTable, encoder: Encoder, rulebook: Rulebook | None = None) -> Features:
    """The features of every column of a table, the target's included, and of each rule of the book."""
    named = [pair for column in encoder.columns for pair in _of_column(table, column.name)]
    broken = rulebook.broken(table) if rulebook else ()
    named += [(f"breaks {text}", rows.astype(np.float64)) for text, rows in broken]
    return Features(tuple(name for name, _ in named), np.column_stack([value for _, value in named]))


def _of_column(table: EncodedTable, name: str) -> Iterator[tuple[str, NDArray[np.float64]]]:
    if name in table.numbers:
        yield name, table.numbers[name]
    elif name in table.codes:
        codes = table.codes[name]
        yield name, np.where(codes == MISSING, np.nan, codes)
    else:
        yield from _of_list(name, table.lists[name])


def _of_list(name: str, lists: ListCells) -> Iterator[tuple[str, NDArray[np.float64]]]:
    yield f"{name}: how many", lists.lengths.astype(np.float64)
    yield f"{name}: repeats", repeats(lists).astype(np.float64)
    for slot in range(_SLOTS):
        held = lists.lengths > slot
        values = np.full(len(held), np.nan)
        values[held] = lists.codes[lists.starts[:-1][held] + slot]
        yield f"{name}: value {slot + 1}", values
    for code in range(_VALUES):
        yield f"{name}: has its value no. {code + 1}", has_value(lists, code)


def repeats(lists: ListCells) -> NDArray[np.int64]:
    """How many values of each list stand in it before, int64 [R]."""
    pairs = np.unique(np.column_stack([lists.row_of, lists.codes]), axis=0) if len(lists.codes) else np.empty((0, 2))
    different = np.bincount(pairs[:, 0].astype(np.int64), minlength=len(lists.lengths))
    counted: NDArray[np.int64] = lists.lengths - different
    return counted


def has_value(lists: ListCells, code: int) -> NDArray[np.float64]:
    """Whether each list holds a value, float64 [R] of 0 and 1."""
    rows = lists.row_of[lists.codes == code]
    return (np.bincount(rows, minlength=len(lists.lengths)) > 0).astype(np.float64)

"""Small verbs on plain tables that engines share: the grid of a number column, and batches put together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import PlainColumn, PlainTable


def on_grid(values: NDArray[np.float64], column: PlainColumn) -> NDArray[np.float64]:
    """Numbers moved to the nearest multiple of the column's step and into its bounds; a step of 0 moves none."""
    if column.step > 0:
        parts = round(1 / column.step)  # 7 / 100 is what "0.07" is read as; 7 * 0.01 may be the float beside it
        values = np.round(values * parts) / parts if parts > 1 else np.round(values / column.step) * column.step
    return np.clip(values, column.low, column.high)


def stacked(columns: tuple[PlainColumn, ...], target: str, parts: Sequence[PlainTable]) -> PlainTable:
    """The rows of all parts, in their order; a table of no rows where there are no parts."""
    return PlainTable(columns, {column.name: _stacked_column(column, parts) for column in columns}, target)


def _stacked_column(column: PlainColumn, parts: Sequence[PlainTable]) -> NDArray[np.int32] | NDArray[np.float64]:
    if column.is_coded:
        return np.concatenate([np.empty(0, np.int32), *(part.codes(column.name) for part in parts)])
    return np.concatenate([np.empty(0, np.float64), *(part.numbers(column.name) for part in parts)])

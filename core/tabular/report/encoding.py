"""Tables of text as arrays, all in the same codes, without a column per category.

A category is a whole number: its place by frequency among the training and holdout rows together. Taken from both, a
code says nothing of which side a row came from; a value that neither has is `unseen`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.tabular.cells import NUMERIC, canonical, numbers_of
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable

MISSING = -1


@dataclass(frozen=True, slots=True)
class ListCells:
    """Row i's values are `codes[starts[i]:starts[i + 1]]`; int64 [R + 1] and int32 [all values]."""

    starts: NDArray[np.int64]
    codes: NDArray[np.int32]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of values of each row, int64 [R]."""
        return np.diff(self.starts)

    @property
    def row_of(self) -> NDArray[np.int64]:
        """The row that each value belongs to, int64 [all values]."""
        return np.repeat(np.arange(len(self.starts) - 1), self.lengths)

    def take(self, rows: NDArray[np.int64]) -> "ListCells":
        """The lists of these rows, in their order."""
        lengths = self.lengths[rows]
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        offsets = np.repeat(self.starts[rows] - starts[:-1], lengths)
        return ListCells(starts, self.codes[offsets + np.arange(starts[-1])])


@dataclass(frozen=True, eq=False)
class EncodedTable:
    """R rows: float64 `numbers` (NaN is missing), int32 `codes` and lists, by column; identifiers are left out."""

    n_rows: int
    numbers: Mapping[str, NDArray[np.float64]]
    codes: Mapping[str, NDArray[np.int32]]
    lists: Mapping[str, ListCells]

    def __len__(self) -> int:
        return self.n_rows

    def take(self, rows: NDArray[np.int64]) -> "EncodedTable":
        """The rows of these numbers, in their order."""
        return EncodedTable(
            len(rows),
            {name: values[rows] for name, values in self.numbers.items()},
            {name: values[rows] for name, values in self.codes.items()},
            {name: values.take(rows) for name, values in self.lists.items()},
        )

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Which cells of a column are empty, bool [R]."""
        if name in self.lists:
            return np.asarray(self.lists[name].lengths == 0)
        return np.isnan(self.numbers[name]) if name in self.numbers else np.asarray(self.codes[name] == MISSING)


@dataclass(frozen=True, eq=False)
class Encoder:
    """How a schema's tables are encoded; `values[name]` are a column's known values, commonest first.

    Memory grows with the number of different values, and never with it times the rows.
    """

    schema: TableSchema
    columns: tuple[Column, ...]
    values: Mapping[str, pa.Array]

    def n_codes(self, name: str) -> int:
        """Known values of a category or list column; the code of this number is `unseen`."""
        return len(self.values[name])

    def encode(self, table: RawTable) -> EncodedTable:
        """A table of the schema in the common codes."""
        numbers: dict[str, NDArray[np.float64]] = {}
        codes: dict[str, NDArray[np.int32]] = {}
        lists: dict[str, ListCells] = {}
        for column in self.columns:
            cells = table.cells[column.name]
            if column.kind in NUMERIC and column.name not in self.values:
                numbers[column.name] = numbers_of(column, cells).values
            elif column.kind is ColumnKind.LIST:
                starts, values = _split(cells, column.separator)
                lists[column.name] = ListCells(starts, _codes(values, self.values[column.name]))
            else:
                codes[column.name] = _codes(canonical(column, cells), self.values[column.name])
        return EncodedTable(len(table), numbers, codes, lists)


def encoder_of(schema: TableSchema, real: RawTable) -> Encoder:
    """An encoder for the values of `real`: training and holdout rows together, never those of one side."""
    columns = tuple(column for column in schema.columns if column.kind is not ColumnKind.IDENTIFIER)
    values = {}
    for column in columns:
        if column.kind is ColumnKind.LIST:
            values[column.name] = _by_frequency(_split(real.cells[column.name], column.separator)[1])
        elif column.kind is ColumnKind.CATEGORY or column.name == schema.target:
            values[column.name] = _by_frequency(canonical(column, real.cells[column.name]))
    return Encoder(schema, columns, values)


def _by_frequency(cells: pa.Array) -> pa.Array:
    """Different values, commonest first; of equally common ones the lesser text first."""
    counted = pc.value_counts(cells.drop_null())
    texts, counts = counted.field("values"), counted.field("counts")
    order = pc.sort_indices(
        pa.table({"text": texts, "count": counts}), sort_keys=[("count", "descending"), ("text", "ascending")]
    )
    return texts.take(order)


def _codes(cells: pa.Array, known: pa.Array) -> NDArray[np.int32]:
    known_as = known.cast(cells.type)
    found = pc.fill_null(pc.index_in(cells, value_set=known_as), len(known)).to_numpy(zero_copy_only=False)
    missing = pc.is_null(cells).to_numpy(zero_copy_only=False)
    return np.where(missing, MISSING, found).astype(np.int32)


def _split(cells: pa.Array, separator: str) -> tuple[NDArray[np.int64], pa.Array]:
    """Where each row's values begin, int64 [R + 1], and all values in one array; an empty cell has none."""
    split = pc.split_pattern(pc.cast(cells, pa.large_string()), pattern=separator)
    lengths = pc.fill_null(pc.list_value_length(split), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)]), split.flatten()

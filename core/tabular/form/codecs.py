"""One column's way into plain columns and back: a category by codes, a number by itself and whether it is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.tabular.cells import natural_order, numbers_of, on_grid, step_of, texts_of
from core.tabular.plain import PlainColumn
from core.tabular.schema import Column

Values = Mapping[str, NDArray[np.int32] | NDArray[np.float64]]


class Codec(Protocol):
    """Learnt from the training table's cells of one column; `column` is the schema's."""

    @property
    def column(self) -> Column:
        """The schema's column."""
        ...

    @property
    def plain(self) -> tuple[PlainColumn, ...]:
        """The plain columns it makes, in order."""
        ...

    def encode(self, cells: pa.Array) -> Values:
        """The plain columns' values [R] of cells that the training table could hold."""
        ...

    def decode(self, values: Values, rng: np.random.Generator) -> pa.Array:
        """Cells [R] that the training table could hold, for any values within the plain columns' codes and bounds."""
        ...

    def saved(self) -> dict[str, Any]:
        """JSON from which the module's `load_codec` makes it again."""
        ...


@dataclass(frozen=True, slots=True)
class CategoryCodec:
    """Codes in the natural order of `names`; a missing cell has the last code, where training has one."""

    column: Column
    names: tuple[str, ...]
    has_missing: bool

    @classmethod
    def learn(cls, column: Column, cells: pa.Array) -> "CategoryCodec":
        """The codes of the values in canonical cells."""
        names = natural_order(cells.unique().drop_null().to_pylist())
        return cls(column, tuple(names), cells.null_count > 0)

    @property
    def plain(self) -> tuple[PlainColumn, ...]:
        """One coded column of the same name."""
        return (PlainColumn(self.column.name, n_codes=len(self.names) + self.has_missing),)

    def encode(self, cells: pa.Array) -> Values:
        """int32 codes [R]; `KeyError` for a value that training has not."""
        found = pc.index_in(cells, value_set=pa.array(self.names, type=cells.type))
        if found.null_count > (cells.null_count if self.has_missing else 0):
            raise KeyError(self.column.name)
        return {self.column.name: pc.fill_null(found, len(self.names)).to_numpy(zero_copy_only=False).astype(np.int32)}

    def decode(self, values: Values, rng: np.random.Generator) -> pa.Array:  # noqa: ARG002 a code has one text
        """The codes' names."""
        names = pa.array([*self.names, *([None] if self.has_missing else [])], type=pa.large_string())
        return names.take(pa.array(values[self.column.name]))

    def saved(self) -> dict[str, Any]:
        """Kind, names and whether cells are missing."""
        return {"kind": "category", "names": list(self.names), "has_missing": self.has_missing}


@dataclass(frozen=True, slots=True)
class NumberCodec:
    """A number within [`low`, `high`]; before it, where training misses some, a column of codes: 1 is missing.

    A missing number's place is held by the training median, so that it pulls no engine to an end of the range.
    """

    column: Column
    low: float
    high: float
    middle: float
    missing_name: str  # "" where training misses none

    @classmethod
    def learn(cls, column: Column, cells: pa.Array, missing_name: str) -> "NumberCodec":
        """Bounds and median of cells of which at least one is not empty; `missing_name` is for the plain column."""
        values = numbers_of(column, cells).values
        known = values[~np.isnan(values)]
        middle = float(on_grid(column, np.array([np.median(known)]))[0])
        return cls(column, float(known.min()), float(known.max()), middle, missing_name if cells.null_count else "")

    @property
    def plain(self) -> tuple[PlainColumn, ...]:
        """One or two columns; the number has the column's name."""
        number = PlainColumn(self.column.name, low=self.low, high=self.high, step=step_of(self.column))
        return (PlainColumn(self.missing_name, n_codes=2), number) if self.missing_name else (number,)

    def encode(self, cells: pa.Array) -> Values:
        """float64 numbers [R], and int32 codes [R] of missing ones."""
        values = numbers_of(self.column, cells).values
        missing = np.isnan(values)
        numbers: Values = {self.column.name: np.where(missing, self.middle, values)}
        return {self.missing_name: missing.astype(np.int32), **numbers} if self.missing_name else numbers

    def numbers(self, values: Values) -> NDArray[np.float64]:
        """Decoded, but still numbers [R]: on the grid, within the bounds, NaN where missing."""
        numbers = np.clip(on_grid(self.column, values[self.column.name].astype(np.float64)), self.low, self.high)
        return np.where(values[self.missing_name] == 1, np.nan, numbers) if self.missing_name else numbers

    def decode(self, values: Values, rng: np.random.Generator) -> pa.Array:  # noqa: ARG002 a number has one text
        """The numbers' texts."""
        return texts_of(self.column, self.numbers(values))

    def saved(self) -> dict[str, Any]:
        """Kind, bounds, median and the name of the column of missing ones."""
        return {
            "kind": "number",
            "low": self.low,
            "high": self.high,
            "middle": self.middle,
            "missing_name": self.missing_name,
        }

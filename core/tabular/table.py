"""A table as it was read: columns of text cells, before anybody says what they mean."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.fingerprint import ID_LENGTH

_BATCH_ROWS = 65_536


@dataclass(frozen=True, eq=False)
class RawTable:
    """R rows of text: `cells` holds one Arrow string array [R] for each of `columns`; null is an empty cell.

    Columns of large strings and of strings may stand side by side; an empty text is never held.
    """

    columns: tuple[str, ...]
    cells: Mapping[str, pa.Array]

    @classmethod
    def of(cls, cells: Mapping[str, Sequence[str | None] | pa.Array]) -> "RawTable":
        """A table of these columns in their order; a cell "" becomes an empty one."""
        return cls(tuple(cells), {name: _as_text(values) for name, values in cells.items()})

    def __len__(self) -> int:
        return len(self.cells[self.columns[0]]) if self.columns else 0

    def take(self, rows: NDArray[np.int64]) -> "RawTable":
        """The rows of these numbers, in their order; a number may come twice."""
        indices = pa.array(np.asarray(rows, dtype=np.int64))
        return RawTable(self.columns, {name: self.cells[name].take(indices) for name in self.columns})

    def select(self, columns: Iterable[str]) -> "RawTable":
        """The same rows with these columns only, in this order."""
        kept = tuple(columns)
        return RawTable(kept, {name: self.cells[name] for name in kept})

    def column(self, name: str) -> list[str | None]:
        """One column's cells as Python texts, None for an empty cell."""
        texts: list[str | None] = self.cells[name].to_pylist()
        return texts

    def concat(self, other: "RawTable") -> "RawTable":
        """The rows of this table and then those of `other`, which has the same columns (`KeyError` if not)."""
        joined = {
            name: pa.concat_arrays([pc.cast(t.cells[name], pa.large_string()) for t in (self, other)])
            for name in self.columns
        }
        return RawTable(self.columns, joined)

    def fingerprint(self) -> str:
        """24 hex digits over the columns' names and every cell; equal tables have equal ones."""
        total = hashlib.sha256()
        for name in self.columns:
            total.update(f"{len(name)}:{name}:{len(self)};".encode("utf-8", "surrogatepass"))
            _add_cells(total, self.cells[name])
        return total.hexdigest()[:ID_LENGTH]


def _as_text(values: Sequence[str | None] | pa.Array) -> pa.Array:
    array = values if isinstance(values, pa.Array) else pa.array(values, type=pa.large_string())
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, array.type), array)


def _add_cells(total: "hashlib._Hash", cells: pa.Array) -> None:
    """Lengths (-1 for an empty cell) and texts, so that neither type nor slicing of the array matters."""
    for start in range(0, len(cells), _BATCH_ROWS):
        part = pc.cast(cells.slice(start, _BATCH_ROWS), pa.large_string())
        lengths = pc.fill_null(pc.binary_length(part), -1)
        total.update(lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
        total.update("".join(part.drop_null().to_pylist()).encode("utf-8", "surrogatepass"))

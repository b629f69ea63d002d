"""A column of lists as its length and its slots: `a^b^c` is length 3 and the codes of a, b and c."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.tabular.cells import natural_order
from core.tabular.form.codecs import Values
from core.tabular.plain import PlainColumn
from core.tabular.schema import Column

MOST_SLOTS: Final = 20


@dataclass(frozen=True, slots=True)
class ListCodec:
    """A coded length (of those in `lengths`, 0 is a missing cell) and one coded column per slot.

    A slot beyond the length holds the last code. `counts` [slots, values] is how often training has a value in a
    slot; by it a slot is filled that lies within the length and has no value, or a second one where no training list
    `repeats` a value.
    """

    column: Column
    names: tuple[str, ...]
    lengths: tuple[int, ...]
    counts: NDArray[np.int64]
    repeats: bool
    plain_names: tuple[str, ...]

    @classmethod
    def learn(cls, column: Column, cells: pa.Array, plain_names: Sequence[str]) -> "ListCodec":
        """Values, lengths and counts of cells of which at least one is not empty.

        `plain_names`: of the length and of at least as many slots as the longest list has.
        """
        lists = split_lists(column, cells)
        names = natural_order(sorted({value for row in lists for value in row}))
        code_of = {name: code for code, name in enumerate(names)}
        lengths = tuple(sorted({len(row) for row in lists}))
        counts = np.zeros((lengths[-1], len(names)), dtype=np.int64)
        for row in lists:
            for slot, value in enumerate(row):
                counts[slot, code_of[value]] += 1
        repeats = any(len(set(row)) < len(row) for row in lists)
        return cls(column, tuple(names), lengths, counts, repeats, tuple(plain_names[: lengths[-1] + 1]))

    @property
    def plain(self) -> tuple[PlainColumn, ...]:
        """The length and then the slots, in order."""
        length, *slots = self.plain_names
        return (
            PlainColumn(length, n_codes=len(self.lengths)),
            *(PlainColumn(slot, n_codes=len(self.names) + 1) for slot in slots),
        )

    def encode(self, cells: pa.Array) -> Values:
        """int32 codes [R] of the length and of every slot; `KeyError` for a value that training has not."""
        lists = split_lists(self.column, cells)
        code_of = {name: code for code, name in enumerate(self.names)}
        length_code = {length: code for code, length in enumerate(self.lengths)}
        slots = np.full((len(lists), self.lengths[-1]), len(self.names), dtype=np.int32)
        for row, values in enumerate(lists):
            slots[row, : len(values)] = [code_of[value] for value in values]
        length = np.array([length_code[len(values)] for values in lists], dtype=np.int32)
        return {self.plain_names[0]: length, **dict(zip(self.plain_names[1:], slots.T, strict=True))}

    def decode(self, values: Values, rng: np.random.Generator) -> pa.Array:
        """Texts of the lists; slots without a value, or with one too many, are filled first."""
        length = np.array(self.lengths)[values[self.plain_names[0]]]
        slots = np.zeros((len(length), self.lengths[-1]), dtype=np.int64)
        for slot, name in enumerate(self.plain_names[1:]):
            slots[:, slot] = values[name]
            self._fill(slots, slot, length, rng)
        joined = [
            self.column.separator.join([self.names[code] for code in row[:n]]) if n else None
            for row, n in zip(slots.tolist(), length.tolist(), strict=True)
        ]
        return pa.array(joined, type=pa.large_string())

    def saved(self) -> dict[str, Any]:
        """Kind, values, lengths, counts and names of the plain columns."""
        return {
            "kind": "list",
            "names": list(self.names),
            "lengths": list(self.lengths),
            "counts": self.counts.tolist(),
            "repeats": self.repeats,
            "plain_names": list(self.plain_names),
        }

    def _fill(self, slots: NDArray[np.int64], slot: int, length: NDArray[np.int64], rng: np.random.Generator) -> None:
        """Draw the slot's values anew where needed, in place, by its counts and without those before it in the row."""
        before = slots[:, :slot]
        is_second = (before == slots[:, slot, None]).any(axis=1) & (not self.repeats)
        rows = np.flatnonzero((slot < length) & (is_second | (slots[:, slot] == len(self.names))))
        chances = np.tile(np.log(self.counts[slot] + 1e-9), (len(rows), 1))
        if not self.repeats:
            np.put_along_axis(chances, before[rows], -np.inf, axis=1)
        slots[rows, slot] = np.argmax(chances + rng.gumbel(size=chances.shape), axis=1)


def split_lists(column: Column, cells: pa.Array) -> list[list[str]]:
    """Every cell's values in their order, [] for an empty cell."""
    return [text.split(column.separator) if text is not None else [] for text in cells.to_pylist()]

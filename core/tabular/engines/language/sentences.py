"""Plain rows as sentences and back: `city is 17, bid is 0.45, converted is 0`, a code by its number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import PlainColumn, PlainTable

_AND: Final = ", "
_IS: Final = " is "
_CODE: Final = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,18}(\.\d{1,12})?", re.ASCII)
_MOST_DECIMALS: Final = 6  # of a number without a grid


class Readable(NamedTuple):
    """The rows that could be read, and how many could not."""

    table: PlainTable
    n_unreadable: int


@dataclass(frozen=True)
class SentenceForm:
    """How rows of these columns are written."""

    columns: tuple[PlainColumn, ...]
    target: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Each column's name in the sentence: letters, digits and blanks alone, and no two alike."""
        found = list[str]()
        for column in self.columns:
            word = plain = re.sub(r"\W+", " ", column.name).strip() or "column"
            number = 2
            while word in found:
                word, number = f"{plain} {number}", number + 1
            found.append(word)
        return tuple(found)

    def write(self, table: PlainTable) -> list[str]:
        """A sentence for every row."""
        cells = [
            [f"{word}{_IS}{text}" for text in _texts(column, table.values[column.name])]
            for word, column in zip(self.words, self.columns, strict=True)
        ]
        return [_AND.join(row) for row in zip(*cells, strict=True)]

    def read(self, sentences: Sequence[str]) -> Readable:
        """The rows of those sentences that name every column once with a value it can have; the others are counted."""
        rows = [row for row in map(self._read_row, sentences) if row is not None]
        cells = np.array(rows, dtype=np.float64).reshape(len(rows), len(self.columns))
        values: dict[str, NDArray[np.int32] | NDArray[np.float64]] = {
            column.name: cells[:, at].astype(np.int32) if column.is_coded else cells[:, at].copy()
            for at, column in enumerate(self.columns)
        }
        return Readable(PlainTable(self.columns, values, self.target), len(sentences) - len(rows))

    def _read_row(self, sentence: str) -> list[float] | None:
        found: dict[str, float] = {}
        clauses = sentence.split(_AND)
        if len(clauses) != len(self.columns):
            return None
        for clause in clauses:
            word, _, text = clause.rpartition(_IS)
            column = self._by_word.get(word)
            value = None if column is None else _value(column, text)
            if value is None or word in found:
                return None
            found[word] = value
        return [found[word] for word in self.words]

    @cached_property
    def _by_word(self) -> dict[str, PlainColumn]:
        return dict(zip(self.words, self.columns, strict=True))


def decimals_of(column: PlainColumn) -> int:
    """How many decimals a number column is written with."""
    if column.step <= 0:
        return _MOST_DECIMALS
    return next((d for d in range(13) if abs(round(column.step, d) - column.step) < 1e-13), 12)


def _texts(column: PlainColumn, values: NDArray[np.int32] | NDArray[np.float64]) -> list[str]:
    if column.is_coded:
        return [str(code) for code in values.tolist()]
    decimals = decimals_of(column)
    return [f"{number:.{decimals}f}" for number in (values + 0.0).tolist()]


def _value(column: PlainColumn, text: str) -> float | None:
    """What the text says, or nothing where the column cannot hold it."""
    if column.is_coded:
        return float(text) if _CODE.fullmatch(text) and int(text) < column.n_codes else None
    if not _NUMBER.fullmatch(text) or len(text.partition(".")[2]) > decimals_of(column):
        return None
    number = float(text)
    room = 0.0 if column.step > 0 else 10.0**-_MOST_DECIMALS  # the bounds themselves are written rounded
    if not column.low - room <= number <= column.high + room:
        return None
    return min(max(number, column.low), column.high)

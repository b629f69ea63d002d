"""What one column's cells look like: its kind, why, and how it is read."""

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.tabular.cells import COMMA, LARGEST_INTEGER, POINT, Numbers, is_infinite, numbers_of, texts_of
from core.tabular.findings.dates import date_finding
from core.tabular.findings.lists import list_finding
from core.tabular.schema import Column, ColumnKind
from core.tabular.wording import counted

_N_EXAMPLES: Final = 3
_MOST_STRAY: Final = 0.05  # of the filled cells may be no number in a column that is read as numbers
_MOST_DECIMALS: Final = 12
_NEARLY_ALL: Final = 0.95
_LEAST_TO_IDENTIFY: Final = 20
_NAMES_OF_CODES: Final = frozenset({"id", "uid", "uuid", "guid", "code", "zip", "zipcode", "postcode", "key", "index"})
_THOUSANDS: Final = (
    "Numbers whose commas may stand before decimals or between thousands: read it as a number with a comma if they are "
    "decimals, or take them out of the file if they are not. "
)
_GROUPED: Final = r"^\s*[+-]?[1-9]\d{0,2},\d{3}\s*$"
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class ColumnFinding:
    """One column: proposed kind and why, share of empty cells, number of different values, and some of them."""

    name: str
    kind: ColumnKind
    evidence: str
    missing: float
    n_values: int
    examples: tuple[str, ...]


class Found(NamedTuple):
    """The proposed column and the reason, as a sentence."""

    column: Column
    why: str


class _Counts(NamedTuple):
    """Distinct texts, and how many cells hold each."""

    texts: pa.Array
    rows: NDArray[np.int64]

    @property
    def n_filled(self) -> int:
        return int(self.rows.sum())


class _Reading(NamedTuple):
    """A column read as numbers, and the share of its filled cells that do not parse so."""

    column: Column
    read: Numbers
    stray: float


def find_column(name: str, cells: pa.Array) -> tuple[Column, ColumnFinding]:
    """The proposal for one column of text cells."""
    filled = pc.value_counts(cells.drop_null())
    counts = _Counts(filled.field("values"), filled.field("counts").to_numpy(zero_copy_only=False))
    found = _found(name, counts, len(cells))
    by_rows = np.argsort(-counts.rows, kind="stable")[:_N_EXAMPLES]
    examples = tuple(counts.texts.take(pa.array(by_rows)).to_pylist())
    missing = cells.null_count / max(len(cells), 1)
    return found.column, ColumnFinding(name, found.column.kind, found.why, missing, len(counts.texts), examples)


def _found(name: str, counts: _Counts, n_rows: int) -> Found:
    if not len(counts.texts):
        return Found(Column(name=name, kind=ColumnKind.IDENTIFIER), "Every cell is empty: it is left out.")
    dates = date_finding(name, counts.texts)
    if dates:
        return Found(dates.column, dates.why)
    column, read, stray = _as_number(name, counts)
    if stray <= _MOST_STRAY:
        return _numbers(column, counts, read, n_rows)
    lists = list_finding(name, counts.texts)
    if lists:
        return Found(lists.column, lists.why)
    is_mixed = stray < 1 - _MOST_STRAY
    why = f"Mixed: {1 - stray:.0%} of the cells are numbers and the rest are not. " if is_mixed else ""
    return _names(name, counts, n_rows, why)


def _as_number(name: str, counts: _Counts) -> _Reading:
    """Read with the decimal mark that leaves fewer cells unread; a comma is tried where points do not do and one is."""
    found = _read_with(POINT, name, counts)
    if not found.stray or not pc.any(pc.match_substring(counts.texts, COMMA)).as_py():
        return found
    return min(found, _read_with(COMMA, name, counts), key=lambda one: one.stray)


def _read_with(mark: Literal[".", ","], name: str, counts: _Counts) -> _Reading:
    column = Column(name=name, kind=ColumnKind.NUMBER, decimals=_MOST_DECIMALS, decimal_mark=mark)
    read = numbers_of(column, counts.texts)
    return _Reading(column, read, int(counts.rows[read.is_unreadable].sum()) / counts.n_filled)


def _names(name: str, counts: _Counts, n_rows: int, why: str = "") -> Found:
    n_values = len(counts.texts)
    if n_rows >= _LEAST_TO_IDENTIFY and n_values >= _NEARLY_ALL * counts.n_filled:
        return Found(Column(name=name, kind=ColumnKind.IDENTIFIER), f"{why}Nearly every row has a value of its own.")
    return Found(Column(name=name, kind=ColumnKind.CATEGORY), f"{why}{counted(n_values, 'text', 'different texts')}.")


def _numbers(column: Column, counts: _Counts, read: Numbers, n_rows: int) -> Found:
    """Cells of which all or nearly all are numbers: names after all, or sizes."""
    name, mark = column.name, column.decimal_mark
    texts = counts.texts.filter(pa.array(~read.is_unreadable))
    if pc.any(pc.match_substring_regex(texts, r"^\s*[+-]?0\d")).as_py():
        return _names(name, counts, n_rows, "Digits with leading zeros, kept as text. ")
    if mark == COMMA and _may_be_thousands(texts):
        return _names(name, counts, n_rows, _THOUSANDS)
    values = read.values[~read.is_unreadable]
    decimals = _decimals(texts, values, mark)
    if decimals == 0:
        code = _code(name, counts, values, n_rows)
        if code:
            return code
    kind = ColumnKind.NUMBER if decimals else ColumnKind.INTEGER
    column = Column(name=name, kind=kind, decimals=decimals or None, decimal_mark=mark)
    low, high = texts_of(column, np.array([values.min(), values.max()])).to_pylist()
    what = f"Numbers with {counted(decimals, 'decimal', 'decimals')}" if decimals else "Whole numbers"
    if decimals == _MOST_DECIMALS:
        what += ", the most that are kept,"
    if mark == COMMA:
        what += " after a comma"
    return Found(column, f"{what} from {low} to {high}.{_stray(counts, read.is_unreadable)}")


def _stray(counts: _Counts, is_stray: NDArray[np.bool_]) -> str:
    if not is_stray.any():
        return ""
    texts = counts.texts.filter(pa.array(is_stray)).to_pylist()
    infinite = " (infinite)" if any(map(is_infinite, texts)) else ""
    shown = ", ".join(repr(text) for text in texts[:3])
    what = counted(int(counts.rows[is_stray].sum()), "cell is no number", "cells are no numbers")
    return f" But {what}{infinite}: {shown}."


def _code(name: str, counts: _Counts, values: NDArray[np.float64], n: int) -> Found | None:
    """Whole numbers that are names and not sizes: identifiers, codes, and two values."""
    is_unique = len(values) == counts.n_filled and n >= _LEAST_TO_IDENTIFY
    words = [word.lower() for word in _WORD.findall(name)]
    is_named_code = bool(words) and words[-1] in _NAMES_OF_CODES
    if is_unique and (is_named_code or values.max() - values.min() == len(values) - 1):
        return Found(Column(name=name, kind=ColumnKind.IDENTIFIER), "Every row has a number of its own.")
    if np.abs(values).max() >= LARGEST_INTEGER:
        return _names(name, counts, n, "Whole numbers too large to count with. ")
    if is_named_code:
        return _names(name, counts, n, "Whole numbers, but the name says that they are codes. ")
    if len(values) == 2 and not is_unique:
        return Found(Column(name=name, kind=ColumnKind.CATEGORY), "Two whole numbers only, read as names.")
    return None


def _may_be_thousands(texts: pa.Array) -> bool:
    """Whether every comma has one to three digits before it and exactly three behind it: 1,250."""
    with_comma = texts.filter(pc.match_substring(texts, COMMA))
    return bool(pc.all(pc.match_substring_regex(with_comma, _GROUPED)).as_py())


def _decimals(texts: pa.Array, values: NDArray[np.float64], mark: str) -> int:
    """The most decimals that any text writes, at most 12; whole numbers have none, however they are written."""
    if np.array_equal(values, np.rint(values)):
        return 0
    return min(max(1, *(_written_decimals(text, mark) for text in texts.to_pylist())), _MOST_DECIMALS)


def _written_decimals(text: str, mark: str) -> int:
    """2 of "1.50", 3 of "1e-3"."""
    digits, _, exponent = text.strip().lower().partition("e")
    return len(digits.partition(mark)[2]) - int(exponent or 0)

"""Cells of text read as what their column's kind says, and written again: numbers, integers and dates as float64.

Of a column whose decimals follow a comma, a cell with a point does not parse: it may separate thousands.

A date counts its format's smallest unit since 1970: days, or hours, minutes, seconds or microseconds where it has them.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.tabular.schema import Column, ColumnKind

NUMERIC: Final = frozenset({ColumnKind.NUMBER, ColumnKind.INTEGER, ColumnKind.DATE})
LARGEST_INTEGER: Final = 2**53  # from it on float64 skips integers
ISO_DATE: Final = "%Y-%m-%d"
POINT: Final = "."
COMMA: Final = ","

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1)
_UNITS: Final = (("%f", 1), ("%S", 10**6), ("%T", 10**6), ("%X", 10**6), ("%c", 10**6), ("%M", 60 * 10**6))
_HOUR_US: Final = 3600 * 10**6
_DAY_US: Final = 24 * _HOUR_US


class Numbers(NamedTuple):
    """A column's values, float64 [R], NaN where the cell is empty or does not parse; bool [R] says which do not."""

    values: NDArray[np.float64]
    is_unreadable: NDArray[np.bool_]


def numbers_of(column: Column, cells: pa.Array) -> Numbers:
    """A number, integer or date column's cells as numbers on the column's grid; infinite ones do not parse."""
    encoded = cells.dictionary_encode()
    parsed = _parse(column, encoded.dictionary)
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    values = np.append(parsed, np.nan)[codes]
    return Numbers(values, np.isnan(values) & (codes >= 0))


def texts_of(column: Column, values: NDArray[np.float64]) -> pa.Array:
    """The one text of each number, as strings [R]: fixed decimals, no sign on zero, the date's format; NaN is empty."""
    decimals = (column.decimals or 0) if column.kind is ColumnKind.NUMBER else 0
    if column.kind is not ColumnKind.DATE and np.nanmax(np.abs(values), initial=0) * 10.0**decimals < LARGEST_INTEGER:
        return _decimal_texts(values, decimals, column.decimal_mark)
    distinct, rows = np.unique(values, return_inverse=True)
    write = _writer(column)
    texts = [None if np.isnan(value) else write(value) for value in distinct.tolist()]
    return pa.array(texts, type=pa.large_string()).take(pa.array(rows))


def canonical(column: Column, cells: pa.Array) -> pa.Array:
    """The cells with one text per value: "+1.5" and "1.50" become "1.50" with two decimals; unreadable cells stay."""
    cells = pc.cast(cells, pa.large_string())
    if column.kind not in NUMERIC:
        return cells
    encoded = cells.dictionary_encode()
    numbers = numbers_of(column, encoded.dictionary)
    texts = pc.if_else(pa.array(numbers.is_unreadable), encoded.dictionary, texts_of(column, numbers.values))
    return texts.take(encoded.indices)


def on_grid(column: Column, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values rounded to the column's decimals; integers and dates to whole ones."""
    scale = 10.0 ** (column.decimals or 0 if column.kind is ColumnKind.NUMBER else 0)
    is_exact = np.abs(values) * scale < LARGEST_INTEGER  # beyond, float64 has fewer decimals than these
    rounded: NDArray[np.float64] = np.where(is_exact, np.rint(values * scale) / scale, values) + 0.0
    return rounded


def step_of(column: Column) -> float:
    """The distance between neighbouring values: 0.01 for two decimals, 1.0 for integers and dates."""
    return 10.0 ** -(column.decimals or 0) if column.kind is ColumnKind.NUMBER else 1.0


def unit_us(column: Column) -> int:
    """How many microseconds a date's number counts by, 1 for a column of numbers."""
    if column.kind is not ColumnKind.DATE:
        return 1
    written = column.date_format or ISO_DATE
    fine = next((unit for mark, unit in _UNITS if mark in written), None)
    return fine or (_HOUR_US if "%H" in written or "%I" in written else _DAY_US)


def is_infinite(text: str) -> bool:
    """Whether a cell writes an infinite number, or one too large for float64."""
    try:
        return bool(np.isinf(float(text)))
    except ValueError:
        return False


def natural_order(texts: list[str]) -> list[str]:
    """Texts that are all numbers by size, all others by their letters."""
    if texts and all(_NUMBER.fullmatch(text) for text in texts):
        return sorted(texts, key=lambda text: (float(text), text))
    return sorted(texts)


def _parse(column: Column, texts: pa.Array) -> NDArray[np.float64]:
    """float64 [U], NaN for what does not parse."""
    if column.kind is ColumnKind.DATE:
        return _each(texts, _date_reader(column))
    if column.decimal_mark != POINT:
        texts = pc.if_else(
            pc.match_substring(texts, POINT), "", pc.replace_substring(texts, column.decimal_mark, POINT)
        )
    try:
        values = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        values = _each(texts, _number)
    values = np.where(np.isfinite(values), values, np.nan).astype(np.float64)
    if column.kind is ColumnKind.INTEGER:
        whole = (values == np.rint(values)) & (np.abs(values) < LARGEST_INTEGER)
        values = np.where(whole, values, np.nan)
    return on_grid(column, values)


def _decimal_texts(values: NDArray[np.float64], decimals: int, mark: str) -> pa.Array:
    """Every column of digits at once: the number as a whole one of its last decimal, and the mark put in."""
    missing = np.isnan(values)
    scaled = np.where(missing, 0, np.rint(values * 10.0**decimals)).astype(np.int64)
    if decimals == 0:
        return pc.cast(pa.array(scaled, mask=missing), pa.large_string())
    whole, rest = np.divmod(np.abs(scaled), 10**decimals)
    sign = pa.array(np.where(scaled < 0, "-", ""), mask=missing, type=pa.large_string())
    digits = pc.utf8_lpad(pc.cast(pa.array(rest), pa.large_string()), decimals, "0")
    nothing = pa.scalar("", pa.large_string())
    return pc.binary_join_element_wise(
        sign, pc.cast(pa.array(whole), pa.large_string()), pa.scalar(mark, pa.large_string()), digits, nothing
    )


def _each(texts: pa.Array, read: Callable[[str], float]) -> NDArray[np.float64]:
    return np.fromiter((read(text) for text in texts.to_pylist()), dtype=np.float64, count=len(texts))


def _number(text: str) -> float:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else float("nan")


def _date_reader(column: Column) -> Callable[[str], float]:
    written, unit = column.date_format or ISO_DATE, unit_us(column)

    def read(text: str) -> float:
        try:
            moment = datetime.strptime(text, written)
        except ValueError:
            return float("nan")
        return float((moment - _EPOCH) // timedelta(microseconds=1) // unit)

    return read


def _writer(column: Column) -> Callable[[float], str]:
    if column.kind is ColumnKind.DATE:
        written, unit = column.date_format or ISO_DATE, unit_us(column)
        return lambda value: (_EPOCH + timedelta(microseconds=round(value) * unit)).strftime(written)
    decimals = (column.decimals or 0) if column.kind is ColumnKind.NUMBER else 0
    return lambda value: f"{value + 0.0:.{decimals}f}".replace(POINT, column.decimal_mark)

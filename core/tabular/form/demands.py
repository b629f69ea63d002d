"""One demand on a column read in the column's own terms, and the values that meet it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import Problem
from core.tabular.cells import NUMERIC, canonical, numbers_of
from core.tabular.schema import Column, ColumnKind
from core.tabular.where import WhereColumn

_MOST_NAMED = 8


class Unmet(Exception):
    """A demand that no row can meet, or that cannot be read; the translator gathers the problems of all demands."""

    def __init__(self, message: str, fix: str, field: str) -> None:
        super().__init__(message)
        self.problem = Problem(message, fix, field=field)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Canonical texts (None is an empty cell), or numbers from `low` to `high`; `or_empty` lets empty cells pass."""

    texts: frozenset[str | None]
    low: float = -np.inf
    high: float = np.inf
    is_range: bool = False
    or_empty: bool = False


def wanted(column: Column, demand: WhereColumn) -> Wanted:
    """The demand in canonical texts or numbers; a number's single value is a range. `Unmet` where it does not read."""
    if not demand.values:
        low, high = (_bound(column, text) for text in (demand.at_least, demand.at_most))
        if low > high:
            message = f"At least {demand.at_least} and at most {demand.at_most} leaves nothing."
            raise Unmet(message, "Exchange the two bounds, or take one away.", column.name)
        return Wanted(frozenset(), -np.inf if np.isnan(low) else low, np.inf if np.isnan(high) else high, is_range=True)
    texts = [_text(column, value) for value in demand.values]
    if column.kind in NUMERIC and len(texts) == 1 and texts[0] is not None:
        number = _bound(column, texts[0])
        return Wanted(frozenset(texts), number, number, is_range=True)
    return Wanted(frozenset(texts))


def met_by(column: Column, texts: Sequence[str | None], want: Wanted) -> NDArray[np.bool_]:
    """Which of a coded column's texts meet the demand, bool; `Unmet` where none does or a wanted one is lacking."""
    if want.texts:
        for text in want.texts:
            if text not in texts:
                raise Unmet(*_never(column, texts, text))
        return np.array([text in want.texts for text in texts], dtype=np.bool_)
    numbers = _sizes(column, texts)
    is_met = (numbers >= want.low) & (numbers <= want.high)
    if want.or_empty:
        is_met |= np.array([text is None for text in texts])
    if not is_met.any():
        known = numbers[~np.isnan(numbers)]
        raise Unmet("No row has such a value.", f"The values run from {known.min():g} to {known.max():g}.", column.name)
    return is_met


def _sizes(column: Column, texts: Sequence[str | None]) -> NDArray[np.float64]:
    """The texts as numbers; of a category they must all be numbers."""
    as_number = Column(name=column.name, kind=ColumnKind.NUMBER, decimals=12)
    read = numbers_of(column if column.kind in NUMERIC else as_number, pa.array(texts, type=pa.large_string()))
    if read.is_unreadable.any() or np.isnan(read.values).all():
        raise Unmet("It holds names and not numbers.", "Ask for values, not for a range.", column.name)
    return read.values


def _bound(column: Column, text: str) -> float:
    """The text's number, NaN for no text."""
    if not text:
        return float("nan")
    kind = column if column.kind in NUMERIC else Column(name=column.name, kind=ColumnKind.NUMBER, decimals=12)
    if kind.kind is ColumnKind.INTEGER:  # "at least 2.5" is meant as it reads
        kind = Column(name=column.name, kind=ColumnKind.NUMBER, decimals=12, decimal_mark=column.decimal_mark)
    read = numbers_of(kind, pa.array([text], type=pa.large_string()))
    if read.is_unreadable[0]:
        raise Unmet(f"{text!r} is not {_named(column)}.", f"Write {_example(column)}.", column.name)
    return float(read.values[0])


def _text(column: Column, value: str) -> str | None:
    if not value:
        return None
    array = pa.array([value], type=pa.large_string())
    if column.kind in NUMERIC and numbers_of(column, array).is_unreadable[0]:
        raise Unmet(f"{value!r} is not {_named(column)}.", f"Write {_example(column)}.", column.name)
    text: str = pc.cast(canonical(column, array), pa.large_string())[0].as_py()
    return text


def _never(column: Column, texts: Sequence[str | None], text: str | None) -> tuple[str, str, str]:
    if text is None:
        return "No cell of this column is empty.", "Ask for a value.", column.name
    names = [name for name in texts if name is not None]
    close = get_close_matches(text, names, n=3)
    shown = close or names[:_MOST_NAMED]
    fix = f"Did you mean {' or '.join(repr(name) for name in shown)}?" if close else f"Values are: {', '.join(shown)}."
    return f"No row has the value {text!r}.", fix, column.name


def _named(column: Column) -> str:
    return "a date of this column's form" if column.kind is ColumnKind.DATE else "a number"


def _example(column: Column) -> str:
    if column.kind is ColumnKind.DATE:
        return f"it as {column.date_format or '2024-03-31'}"
    return f"it as 12 or 12{column.decimal_mark}5"

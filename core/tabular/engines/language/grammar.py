"""How a row is written for a language model: row, column and type tokens around the tokens of its values.

    <ROW> <COL> city <CAT> v17 <ENDCOL> <COL> bid <NUM> q3 q11 <ENDCOL> ... <ENDROW>

A code is one token. A number is the bin of its rank, written as one token, or as a coarse and a fine one where there
are many bins. Only those tokens are free: all others follow from the ones before, so they are never drawn, and a model
may read each run of them as one place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.tabular.engines.networks.demands import Demand
from core.tabular.engines.networks.encoding import EncodedRows, TableEncoding
from core.tabular.plain import PlainColumn, PlainTable


class Mark(IntEnum):
    """The tokens that every table shares."""

    ROW = 0
    END_ROW = 1
    COLUMN = 2
    END_COLUMN = 3
    NUMBER = 4
    CATEGORY = 5
    LIST = 6


@dataclass(frozen=True, slots=True)
class Place:
    """One free token of every row: its value v < `n_values` is token `offset` + v, after the `forced` tokens."""

    column: int
    offset: int
    n_values: int
    forced: tuple[int, ...]
    is_fine: bool = False


@dataclass(frozen=True, eq=False)
class Grammar:
    """The places of a table's rows, whose numbers are all binned; `n_levels` is the most values of a number's token."""

    encoding: TableEncoding
    n_levels: int

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The free tokens of a row, in the order in which they are written."""
        columns, places = self.encoding.columns, list[Place]()
        offset = len(Mark) + len(columns)
        before: tuple[int, ...] = (Mark.ROW,)
        for at, column in enumerate(columns):
            forced = (*before, Mark.COLUMN, len(Mark) + at, _kind_of(columns, at))
            for part, size in enumerate(self._sizes(column, self.encoding.n_codes[at])):
                places.append(Place(at, offset, size, forced if part == 0 else (), part == 1))
                offset += size
            before = (Mark.END_COLUMN,)
        return tuple(places)

    @property
    def n_tokens(self) -> int:
        """The size of the vocabulary."""
        last = self.places[-1]
        return last.offset + last.n_values

    def _sizes(self, column: PlainColumn, n_codes: int) -> tuple[int, ...]:
        """How many values each token of a column has: one token, or a coarse and a fine one."""
        if column.is_coded or n_codes <= self.n_levels:
            return (n_codes,)
        return (-(-n_codes // self.n_levels), self.n_levels)

    def values_of(self, table: PlainTable) -> NDArray[np.int64]:
        """The value at every place of a table's rows, int64 [R, P]."""
        codes, parts = self.encoding.encode(table, 0).codes, list[NDArray[np.int64]]()
        for place in self.places:
            code = codes[:, place.column]
            if place.is_fine:
                parts[-1], code = parts[-1] // self.n_levels, code % self.n_levels
            parts.append(code)
        return np.stack(parts, axis=1)

    def shares(self, at: int, values: NDArray[np.int64], demand: Demand | None = None) -> NDArray[np.float64]:
        """For each value of a place, 0 where it must not stand after those before it [R, >= `at`]: [R or 1, n_values].

        Else 1, or with a demand on the place's column the share of its code's rows that meets it; a number's coarse
        value counts as 1 where any of its fine ones meets.
        """
        here = self.places[at]
        n_codes = self.encoding.n_codes[here.column]
        met = np.ones(n_codes) if demand is None else demand.shares
        is_coarse = at + 1 < len(self.places) and self.places[at + 1].is_fine
        if not (is_coarse or here.is_fine):
            return met[None, :]
        grid = np.zeros((-(-n_codes // self.n_levels), self.n_levels))
        grid.ravel()[:n_codes] = met
        if here.is_fine:
            return np.asarray(grid[values[:, at - 1]], dtype=np.float64)
        any_met: NDArray[np.float64] = np.any(grid > 0, axis=1).astype(np.float64)
        return any_met[None, :]

    def table_of(self, values: NDArray[np.int64], seed: int, demands: Sequence[Demand] = ()) -> PlainTable:
        """The rows of values [R, P] that the grammar allows; `seed` places numbers within bins, where they meet."""
        codes = np.zeros((len(values), len(self.encoding.columns)), dtype=np.int64)
        for at, place in enumerate(self.places):
            scale = self.n_levels if place.is_fine else 1
            codes[:, place.column] = codes[:, place.column] * scale + values[:, at]
        table = self.encoding.decode(EncodedRows(codes, np.empty((len(codes), 0), np.float32)), seed)
        rng = np.random.default_rng([seed, 13])
        asked = {d.name: d.numbers(codes[:, d.column], rng) for d in demands if d.bins is not None}
        return PlainTable(table.columns, {**table.values, **asked}, table.target)

    def write(self, values: NDArray[np.int64]) -> list[list[int]]:
        """The whole token sequences of rows of values [R, P]."""
        end = [int(Mark.END_COLUMN), int(Mark.END_ROW)]
        return [
            [token for p, v in zip(self.places, row, strict=True) for token in (*map(int, p.forced), p.offset + v)]
            + end
            for row in values.tolist()
        ]

    def read(self, tokens: list[int]) -> list[int]:
        """The values of one row's token sequence; `ValenceError` at the first token that the grammar forbids."""
        values, at = list[int](), 0
        for number, place in enumerate(self.places):
            at = _skip(tokens, at, place.forced)
            met = self.shares(number, np.array([values], dtype=np.int64))[0]
            value = tokens[at] - place.offset if at < len(tokens) else -1
            if not (0 <= value < place.n_values and met[value]):
                raise _forbidden(tokens, at)
            values.append(value)
            at += 1
        at = _skip(tokens, at, (Mark.END_COLUMN, Mark.END_ROW))
        if at < len(tokens):
            raise _forbidden(tokens, at)
        return values


def _kind_of(columns: tuple[PlainColumn, ...], at: int) -> Mark:
    """The type token of a column; a preparation names a list's length and slots "x (length)", "x (1)", "x (2)" ..."""
    if not columns[at].is_coded:
        return Mark.NUMBER
    stem, _, part = columns[at].name.rpartition(" (")
    is_part = part == "length)" or part.removesuffix(")").isdigit()
    has_length = any(column.name == f"{stem} (length)" for column in columns)
    return Mark.LIST if is_part and has_length else Mark.CATEGORY


def _skip(tokens: list[int], at: int, forced: tuple[int, ...]) -> int:
    for token in forced:
        if at >= len(tokens) or tokens[at] != token:
            raise _forbidden(tokens, at)
        at += 1
    return at


def _forbidden(tokens: list[int], at: int) -> ValenceError:
    found = f"token {tokens[at]}" if at < len(tokens) else "nothing"
    return ValenceError(f"The row cannot be read: {found} stands at place {at + 1}.", fix="Draw the row again.")

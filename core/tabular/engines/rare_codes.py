"""Columns of very many codes made small for a network: the most frequent keep a code, all others share one.

A network needs weights for every code, and a code of a handful of rows teaches it nothing. A shared code becomes one of
its codes again by their counts among the training rows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import Condition, PlainColumn, PlainTable

Draw = Callable[[int, np.random.Generator], PlainTable]

MOST_CODES: Final = 2_000  # of all of a table's columns together
_FEWEST: Final = 16  # of one column


@dataclass(frozen=True, eq=False, slots=True)
class RareCodes:
    """For each column that was made small: its codes by falling count and, of all those past the kept, their shares.

    `orders` [n_codes] hold the codes, `shares` [n_codes - kept] the chances of the shared ones; `columns` are the
    table's own.
    """

    columns: tuple[PlainColumn, ...]
    orders: Mapping[str, NDArray[np.int32]]
    shares: Mapping[str, NDArray[np.float64]]

    def merged(self, table: PlainTable) -> PlainTable:
        """The table with small columns only: code k is the k-th most frequent one, the last the shared one."""
        values = dict(table.values)
        for name, order in self.orders.items():
            place = np.empty(len(order), dtype=np.int32)
            place[order] = np.arange(len(order), dtype=np.int32)
            values[name] = np.minimum(place[table.codes(name)], self._kept(name)).astype(np.int32)
        return PlainTable(self.small_columns, values, table.target)

    def parted(self, table: PlainTable, rng: np.random.Generator) -> PlainTable:
        """The rows of a table of small columns with their codes again; a shared one is drawn by the shares."""
        values = dict(table.values)
        for name, order in self.orders.items():
            codes, kept = table.codes(name), self._kept(name)
            drawn = rng.choice(len(order) - kept, len(codes), p=self.shares[name])
            values[name] = order[np.where(codes < kept, codes, kept + drawn)]
        return PlainTable(self.columns, values, table.target)

    def parting(self, draw: Draw) -> Draw:
        """Draws of small columns as draws of the table's own."""
        return (lambda n, rng: self.parted(draw(n, rng), rng)) if self.orders else draw

    def understood(self, where: Sequence[Condition]) -> list[Condition]:
        """The conditions that mean the same on the small columns."""
        return [condition for condition in where if condition.column not in self.orders]

    @property
    def small_columns(self) -> tuple[PlainColumn, ...]:
        """The columns as a network sees them."""
        return tuple(replace(c, n_codes=self._kept(c.name) + 1) if c.name in self.orders else c for c in self.columns)

    def _kept(self, name: str) -> int:
        return len(self.orders[name]) - len(self.shares[name])

    def saved(self) -> dict[str, NDArray[Any]]:
        """The arrays for `load_rare_codes`, by the columns' places."""
        places = {column.name: at for at, column in enumerate(self.columns)}
        orders = {f"rare{places[name]}.order": order for name, order in self.orders.items()}
        return {**orders, **{f"rare{places[name]}.shares": shares for name, shares in self.shares.items()}}


def load_rare_codes(small: tuple[PlainColumn, ...], arrays: Mapping[str, NDArray[Any]]) -> RareCodes:
    """What `saved` gave, for the columns as the network sees them."""
    orders = {c.name: arrays[f"rare{at}.order"] for at, c in enumerate(small) if f"rare{at}.order" in arrays}
    shares = {c.name: arrays[f"rare{at}.shares"] for at, c in enumerate(small) if c.name in orders}
    columns = tuple(replace(c, n_codes=len(orders[c.name])) if c.name in orders else c for c in small)
    return RareCodes(columns, orders, shares)


def find_rare_codes(table: PlainTable, most: int = MOST_CODES) -> RareCodes:
    """Which codes must share one so that all columns but the target have at most `most`, or few each."""
    sizes = [c.n_codes for c in table.columns if c.is_coded and c.name != table.target]
    limit = _limit(sizes, most)
    orders: dict[str, NDArray[np.int32]] = {}
    shares: dict[str, NDArray[np.float64]] = {}
    for column in table.columns:
        if column.n_codes <= limit or column.name == table.target:
            continue
        counts = np.bincount(table.codes(column.name), minlength=column.n_codes)
        order = np.argsort(-counts, kind="stable")
        beyond = counts[order[limit - 1 :]].astype(np.float64)
        if not beyond.any():
            beyond += 1.0
        orders[column.name], shares[column.name] = order.astype(np.int32), beyond / beyond.sum()
    return RareCodes(table.columns, orders, shares)


def _limit(sizes: list[int], most: int) -> int:
    """The greatest limit on each column's codes for which they stay within `most` together, `_FEWEST` at least."""
    low, high = _FEWEST, max([_FEWEST, *sizes])
    while low < high:
        middle = (low + high + 1) // 2
        if sum(min(size, middle) for size in sizes) <= most:
            low = middle
        else:
            high = middle - 1
    return low

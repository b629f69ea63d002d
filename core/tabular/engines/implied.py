"""Values that a code leaves no choice about: what the training rows of a code all share, its draws have too.

A preparation writes a missing number as a code beside a held place, and a list as its length beside slots of which some
are empty. Networks that draw columns independently would fill such places by chance. Only columns later in the table
follow, so that no two implications meet.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import PlainColumn, PlainTable

Draw = Callable[[int, np.random.Generator], PlainTable]

_SURPRISE: Final = 14.0  # nats: rows that agree by a chance of one in a million imply nothing
_MOST_CODES: Final = 200  # of a column that implies


@dataclass(frozen=True, eq=False, slots=True)
class ImpliedValues:
    """I implications: a row with code `codes` [I] in column number `givers` [I] has `values` in column `takers` [I].

    They are in the order of the takers.
    """

    columns: tuple[PlainColumn, ...]
    givers: NDArray[np.int64]
    codes: NDArray[np.int64]
    takers: NDArray[np.int64]
    values: NDArray[np.float64]

    def kept(self, table: PlainTable) -> PlainTable:
        """The rows with every implied value in its place."""
        found = {name: values.copy() for name, values in table.values.items()}
        for giver, code, taker, value in zip(self.givers, self.codes, self.takers, self.values, strict=True):
            found[self.columns[taker].name][found[self.columns[giver].name] == code] = value
        return PlainTable(table.columns, found, table.target)

    def keeping(self, draw: Draw) -> Draw:
        """`draw` with the implied values in its rows."""
        return (lambda n, rng: self.kept(draw(n, rng))) if len(self.codes) else draw

    def saved(self) -> dict[str, NDArray[Any]]:
        """The arrays for `load_implied`."""
        return {
            "implied.givers": self.givers,
            "implied.codes": self.codes,
            "implied.takers": self.takers,
            "implied.values": self.values,
        }


def load_implied(columns: tuple[PlainColumn, ...], arrays: Mapping[str, NDArray[Any]]) -> ImpliedValues:
    """What `saved` gave."""
    givers, codes, takers = (arrays[f"implied.{name}"] for name in ("givers", "codes", "takers"))
    return ImpliedValues(columns, givers, codes, takers, arrays["implied.values"])


def find_implied(table: PlainTable) -> ImpliedValues:
    """What each code implies of the columns after it, but the target, as far as its rows hardly agree by chance."""
    found: list[tuple[int, int, int, float]] = []
    for giver, column in enumerate(table.columns):
        if not 1 < column.n_codes <= _MOST_CODES:
            continue
        own = table.codes(column.name)
        order, counts = np.argsort(own, kind="stable"), np.bincount(own, minlength=column.n_codes)
        present = np.flatnonzero(counts)
        starts = (np.cumsum(counts) - counts)[present]
        for taker in range(giver + 1, len(table.columns)):
            if table.columns[taker].name == table.target:
                continue
            values = table.values[table.columns[taker].name].astype(np.float64)[order]
            low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
            if low.min() == high.max():
                continue
            kinds, kind_counts = np.unique(values, return_counts=True)
            share = kind_counts[np.searchsorted(kinds, low)] / len(values)
            agree = (low == high) & (-np.log(share) * counts[present] >= _SURPRISE)
            found += [(giver, int(present[at]), taker, float(low[at])) for at in np.flatnonzero(agree)]
    found.sort(key=lambda implied: implied[2])
    givers, codes, takers = (np.array([row[part] for row in found], dtype=np.int64) for part in range(3))
    values = np.array([row[3] for row in found], dtype=np.float64)
    return ImpliedValues(table.columns, givers, codes, takers, values)

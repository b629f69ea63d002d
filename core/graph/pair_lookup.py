"""Find one pair by its two attributes in anything that lists pairs sorted by (source, target)."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.graph.model import Outcome
from core.graph.pair_table import PairTable


class SortedPairs(Protocol):
    """Pairs as columns of catalogue positions, `source < target`, sorted, each pair once."""

    @property
    def source(self) -> NDArray[np.int32]:
        """The smaller positions."""

    @property
    def target(self) -> NDArray[np.int32]:
        """The greater positions."""


def row_of(pairs: SortedPairs, first: int, second: int) -> int | None:
    """The row of a pair of catalogue positions, given in either order; None where it is not listed."""
    low, high = sorted((first, second))
    start, end = np.searchsorted(pairs.source, [low, low + 1])
    row = int(start + np.searchsorted(pairs.target[start:end], high))
    return row if row < end and pairs.target[row] == high else None


def outcome_of(table: PairTable, first: int, second: int) -> Outcome:
    """What a table says of a pair of catalogue positions, in either order; `UNJUDGED` where it does not list it."""
    row = row_of(table, first, second)
    return Outcome.UNJUDGED if row is None else Outcome(table.outcome[row])

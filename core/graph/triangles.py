"""Triangles through a pair: third attributes that have a sign with both ends, and whether the three signs agree.

A triangle is balanced when the product of its signs is +: two that work with the same third work together, two of which
one conflicts with the third conflict (Cartwright & Harary, Psychological Review 63, 1956).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.model import Outcome
from core.graph.pair_lookup import outcome_of
from core.graph.pair_table import SIGNED, PairTable


class _Neighbours(NamedTuple):
    """The signed pairs of one attribute: the other end, ascending, and the pair's row; int64 [D] each."""

    other: NDArray[np.int64]
    row: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Triangles:
    """The T triangles through a pair, columns of length T, the clearest first: by the weaker of the two other sides'
    strengths, unknown ones last, ties in the order of the catalogue.

    `third`: catalogue positions; `source_row`, `target_row`: rows of the sides that join the third attribute to the
    pair's first and second end; `source_sign`, `target_sign`: int8, their signs; `strength`: of the weaker side.
    """

    own: Outcome
    third: NDArray[np.int64]
    source_row: NDArray[np.int64]
    target_row: NDArray[np.int64]
    source_sign: NDArray[np.int8]
    target_sign: NDArray[np.int8]
    strength: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.third)

    @property
    def asks_for(self) -> NDArray[np.int8]:
        """The sign, +1 or -1, that would make each triangle balanced, int8 [T]."""
        return self.source_sign * self.target_sign

    @property
    def is_balanced(self) -> NDArray[np.bool_]:
        """Which triangles the pair's own sign makes balanced, bool [T]; none for a pair without a sign."""
        return np.equal(self.asks_for, self.own) if self.own in SIGNED else np.zeros(len(self), dtype=np.bool_)


def triangles_of(table: PairTable, source: int, target: int) -> Triangles:
    """Find the triangles of the pair of two catalogue positions, which need not be listed itself."""
    of_source, of_target = _neighbours(table, source), _neighbours(table, target)
    third, at_source, at_target = np.intersect1d(
        of_source.other, of_target.other, assume_unique=True, return_indices=True
    )
    source_row, target_row = of_source.row[at_source], of_target.row[at_target]
    strength = np.minimum(table.strength[source_row], table.strength[target_row])
    order = np.lexsort((third, -strength))
    source_row, target_row = source_row[order], target_row[order]
    return Triangles(
        outcome_of(table, source, target),
        third[order],
        source_row,
        target_row,
        table.outcome[source_row],
        table.outcome[target_row],
        strength[order],
    )


def _neighbours(table: PairTable, position: int) -> _Neighbours:
    """A table lists each pair once, so the rows of either end are sought and put together."""
    touching = (table.source == position) | (table.target == position)
    rows = np.flatnonzero(touching & np.isin(table.outcome, SIGNED))
    other = np.where(table.source[rows] == position, table.target[rows], table.source[rows]).astype(np.int64)
    order = np.argsort(other)
    return _Neighbours(other[order], rows[order])

"""Siblings of a pair: what is known of the other pairs between the same two groups of attributes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.graph.grouping import Grouping
from core.graph.model import Outcome
from core.graph.pair_lookup import outcome_of
from core.graph.pair_table import SIGNED, PairTable


@dataclass(frozen=True, eq=False)
class Siblings:
    """The other S listed pairs between the two groups of a pair.

    `row`: int64 [S], their rows in the table, pairs that share an attribute with this one first, each part by strength,
    unknown strengths last; `outcome`: int8 [S]; `shares_end`: bool [S]; `source_group`, `target_group`: numbers in the
    grouping; `n_unlisted`: pairs between the groups that the table does not list.
    """

    own: Outcome
    source_group: int
    target_group: int
    row: NDArray[np.int64]
    outcome: NDArray[np.int8]
    shares_end: NDArray[np.bool_]
    n_unlisted: int

    @property
    def n_same(self) -> int:
        """Siblings with the pair's own outcome, where that is +, - or neutral."""
        return int(np.count_nonzero(self.is_same))

    @property
    def is_same(self) -> NDArray[np.bool_]:
        """Which siblings have the pair's own outcome, bool [S]; none where nothing is known of the pair."""
        return self._are(self.own if self.own in (*SIGNED, Outcome.NEUTRAL) else None)

    @property
    def is_opposite(self) -> NDArray[np.bool_]:
        """Which siblings have the opposite sign, bool [S]; none where the pair has no sign."""
        return self._are(Outcome(-self.own) if self.own in SIGNED else None)

    def count(self, *outcomes: Outcome) -> int:
        """How many siblings have one of the outcomes."""
        return int(np.isin(self.outcome, outcomes).sum())

    @property
    def n_unknown(self) -> int:
        """Pairs between the groups that nothing is known of, listed or not."""
        return self.count(Outcome.UNJUDGED, Outcome.UNRESOLVED) + self.n_unlisted

    def _are(self, outcome: Outcome | None) -> NDArray[np.bool_]:
        return np.zeros(len(self.row), dtype=np.bool_) if outcome is None else np.equal(self.outcome, outcome)


def siblings_of(table: PairTable, grouping: Grouping, source: int, target: int) -> Siblings:
    """Collect the siblings of the pair of two catalogue positions of different modalities, listed itself or not."""
    group = grouping.group
    first, second = int(group[source]), int(group[target])
    ends = np.stack([table.source, table.target])
    of_source, of_target = group[ends]
    between = ((of_source == first) & (of_target == second)) | ((of_source == second) & (of_target == first))
    is_own = np.isin(ends, (source, target)).all(axis=0)
    rows = np.flatnonzero(between & ~is_own)
    shares_source, shares_target = np.isin(ends[:, rows], (source, target))
    shares_end = shares_source | shares_target
    order = np.lexsort((-table.strength[rows], ~shares_end))
    n_between = len(grouping.members(first)) * len(grouping.members(second)) - 1
    rows = rows[order]
    return Siblings(
        outcome_of(table, source, target),
        first,
        second,
        rows,
        table.outcome[rows],
        shares_end[order],
        n_between - len(rows),
    )

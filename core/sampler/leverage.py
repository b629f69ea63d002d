"""Leverage: how many rows an edge is in, and how many of them would no longer fit their label if it were wrong.

A change of one pair changes a row's numbers of + and - pairs by the same small step wherever the pair occurs, so
whether a row would leave its ranges is found once per row and step, and then only counted per edge.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.model import Outcome, Sign, SignedGraph
from core.graph.pair_lookup import row_of
from core.sampler.fractions import Fractions, fractions
from core.sampler.held_rows import HeldRows, fitting
from core.sampler.recount import index_edges, recount_rows

PAIRS_AT_ONCE = 1 << 17  # pairs whose temporary columns fit a processor's cache
DENSE_LIMIT = 4_096  # attributes whose table of edge numbers takes at most 64 MB; beyond, edges are searched for
_NO_EDGE = -1


@dataclass(frozen=True, eq=False)
class Leverage:
    """For each of a graph's E edges, in the graph's order, int64 [E]: rows with both of its ends (`n_rows`), those of
    them that would leave the ranges of a label they keep if its sign flipped (`n_flipped`), or if it were no edge
    (`n_dropped`).

    `n_all`: rows looked at; `n_outside`: those outside the ranges of a label they are held to already.
    """

    n_rows: NDArray[np.int64]
    n_flipped: NDArray[np.int64]
    n_dropped: NDArray[np.int64]
    n_all: int
    n_outside: int

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Edge numbers, the one whose flip costs most rows first; then by rows that dropping it costs, then by rows."""
        return np.lexsort((-self.n_rows, -self.n_dropped, -self.n_flipped))

    @cached_property
    def place(self) -> NDArray[np.int64]:
        """Place of each edge in `order`, from 1; edges that cost the same number of rows by a flip share a place."""
        descending = np.sort(-self.n_flipped)
        return np.searchsorted(descending, -self.n_flipped, side="left") + 1


@dataclass(frozen=True, eq=False)
class WhatIf:
    """What becomes of the K rows that hold a pair if it were `after` and not `before`; columns of length K.

    `row`: their numbers, ascending, and `rows`: they alone; `found` and `changed`: their fractions now and then;
    `leaves`: they would leave the ranges of a label that they keep; `returns`: they would come back into those of one.
    """

    before: Outcome
    after: Outcome
    row: NDArray[np.int64]
    rows: HeldRows
    found: Fractions
    changed: Fractions
    leaves: NDArray[np.bool_]
    returns: NDArray[np.bool_]


class _Step(NamedTuple):
    """How a change moves a row's numbers of + and - pairs."""

    pos: int
    neg: int


_UNCHANGED: Final = _Step(0, 0)
_FLIPPED: Final = {Sign.POSITIVE: _Step(-1, 1), Sign.NEGATIVE: _Step(1, -1)}
_DROPPED: Final = {Sign.POSITIVE: _Step(-1, 0), Sign.NEGATIVE: _Step(0, -1)}


class _Counts(NamedTuple):
    """Rows of one size by their numbers of signed pairs, int64 [B] each."""

    size: NDArray[np.int64]
    pos: NDArray[np.int64]
    neg: NDArray[np.int64]

    def after(self, step: _Step) -> Fractions:
        """The rows' fractions once one pair of each has changed."""
        return fractions(self.size, self.pos + step.pos, self.neg + step.neg)


def leverage_of(graph: SignedGraph, rows: HeldRows) -> Leverage:
    """Count rows for every edge; time grows with the pairs within rows, memory with neither edges nor rows beyond what
    is given and returned.
    """
    numbers = _EdgeNumbers(graph)
    signs = np.append(graph.sign, np.int8(0))  # the last one is found for the number of no edge
    totals = np.zeros((3, graph.n_edges), dtype=np.int64)
    n_outside = 0
    for chosen, members in _batches(rows):
        first, second = np.triu_indices(members.shape[1], k=1)
        edge = numbers.between(members[:, first], members[:, second])
        sign = signs[edge]
        size = np.full(len(chosen), members.shape[1], dtype=np.int64)
        counts = _Counts(size, (sign > 0).sum(axis=1), (sign < 0).sum(axis=1))
        held, fits = rows.held[chosen], fitting(counts.after(_UNCHANGED), rows.labels)
        n_outside += int(_any_label(held & ~fits).sum())
        totals[0] += _tally(edge, sign != 0, graph.n_edges)
        for total, steps in zip(totals[1:], (_FLIPPED, _DROPPED), strict=True):
            for s, step in steps.items():
                leaves = _any_label(held & fits & ~fitting(counts.after(step), rows.labels))
                total += _tally(edge, leaves[:, None] & (sign == s), graph.n_edges)
    return Leverage(totals[0], totals[1], totals[2], len(rows), n_outside)


def what_if(graph: SignedGraph, rows: HeldRows, source: int, target: int, after: Outcome) -> WhatIf:
    """Count every row that holds both attributes (catalogue positions) as the graph has the pair and as it might be.

    `UNJUDGED` and `UNRESOLVED` count as no edge, as they do in a graph.
    """
    before = edge_outcome(graph, source, target)
    chosen = rows.holding(source, target)
    taken = rows.take(chosen)
    size, pos, neg = recount_rows(index_edges(graph), taken.nodes, taken.offsets)
    found = fractions(size, pos, neg)
    changed = fractions(
        size,
        pos + int(after == Outcome.POSITIVE) - int(before == Outcome.POSITIVE),
        neg + int(after == Outcome.NEGATIVE) - int(before == Outcome.NEGATIVE),
    )
    was_in, is_in = fitting(found, rows.labels), fitting(changed, rows.labels)
    leaves, returns = _any_label(taken.held & was_in & ~is_in), _any_label(taken.held & ~was_in & is_in)
    return WhatIf(before, after, chosen, taken, found, changed, leaves, returns)


def edge_outcome(graph: SignedGraph, source: int, target: int) -> Outcome:
    """The sign of the edge between two catalogue positions, in either order; `NEUTRAL` where there is none."""
    row = row_of(graph, source, target)
    return Outcome.NEUTRAL if row is None else Outcome(graph.sign[row])


class _EdgeNumbers:
    """Looks edges up by their ends; -1 where there is none."""

    def __init__(self, graph: SignedGraph, dense_limit: int | None = None) -> None:
        self._n = graph.n_nodes
        number = np.arange(graph.n_edges, dtype=np.int32)
        self._table: NDArray[np.int32] | None = None
        if self._n <= (DENSE_LIMIT if dense_limit is None else dense_limit):
            self._table = np.full((self._n, self._n), _NO_EDGE, dtype=np.int32)
            self._table[graph.source, graph.target] = self._table[graph.target, graph.source] = number
        self._key = graph.source.astype(np.int64) * self._n + graph.target

    def between(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.int32]:
        """The numbers of the edges between attributes, of the shape of both."""
        if self._table is not None:
            return self._table[first, second]
        if not len(self._key):
            return np.full(first.shape, _NO_EDGE, dtype=np.int32)
        key = np.minimum(first, second).astype(np.int64) * self._n + np.maximum(first, second)
        place = np.minimum(np.searchsorted(self._key, key), len(self._key) - 1)
        return np.where(self._key[place] == key, place, _NO_EDGE).astype(np.int32)


def _batches(rows: HeldRows) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    """Row numbers and their members, int32 [B, n], of rows of one size n; together all rows, each once."""
    sizes = np.diff(rows.offsets)
    for n in np.unique(sizes).tolist():
        of_size = np.flatnonzero(sizes == n)
        at_once = max(PAIRS_AT_ONCE // max(n * (n - 1) // 2, 1), 1)
        for begin in range(0, len(of_size), at_once):
            chosen = of_size[begin : begin + at_once]
            yield chosen, rows.nodes[rows.offsets[chosen][:, None] + np.arange(n)]


def _any_label(marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each row [B, L] has a mark for any label."""
    marked: NDArray[np.bool_] = np.any(marks, axis=1)
    return marked


def _tally(edge: NDArray[np.int32], counted: NDArray[np.bool_], n_edges: int) -> NDArray[np.int64]:
    """How often each edge occurs among those counted, int64 [E]."""
    return np.bincount(edge[counted], minlength=n_edges)

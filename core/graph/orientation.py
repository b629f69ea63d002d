"""Orienting a graph of candidate pairs so that few batches leave every node.

Choosing the primary end of each pair costs the sum over nodes of ceil(pairs asked / batch) calls. Reversing a directed
path from u to w moves one pair from u to w and leaves the nodes between alone. So: keep every full batch of a starting
orientation, call the rest *overflow*, open new batches one at a time where most overflow can flow to, and reverse
paths until no overflow is left. That fills nearly every call where pairs are dense; where they are sparse a start may
be better as it is. The cheapest few are then improved by `save_calls`.
"""

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from core.graph.call_saving import save_calls
from core.graph.orientation_starts import starts
from core.graph.pair_graph import Asks, PairGraph, n_asked, n_calls

_ENDS_AT_ONCE = 16  # so many ends are compared for the donor with the least overflow
_MAX_WORK = 1_500_000  # pairs plus ten times the nodes, over all starts: a few seconds
_MIN_STARTS = 3
_N_IMPROVED = 3


def orient_for_few_calls(graph: PairGraph, modality: NDArray[np.int32], batch_size: int, floor: int) -> Asks:
    """Choose the primary end of every pair, `asks` as in `PairGraph`; stops looking where it reaches `floor` calls."""
    n_starts = max(_MIN_STARTS, _MAX_WORK // (graph.n_pairs + 10 * graph.n_nodes + 1))
    found: list[tuple[int, Asks]] = []  # the cheapest so far, by cost
    for start in islice(starts(graph, modality), n_starts):
        for asks in (fill_batches(graph, start, batch_size), start):
            found.append((n_calls(graph, asks, batch_size), asks))
            if found[-1][0] <= floor:
                return asks
        found = sorted(found, key=lambda candidate: candidate[0])[:_N_IMPROVED]
    for number, (_, asks) in enumerate(found):
        better = save_calls(graph, asks, batch_size, floor)
        found[number] = (n_calls(graph, better, batch_size), better)
        if found[number][0] <= floor:
            break
    return min(found, key=lambda candidate: candidate[0])[1]


def fill_batches(graph: PairGraph, asks: Asks, batch_size: int) -> Asks:
    """Gather the pairs beyond every node's full batches into as few further batches as it can."""
    filling = _Filling(graph, asks, batch_size)
    while filling.overflow.any():
        opened = filling.most_reachable()
        filling.open(opened)
    return filling.asks


class _Filling:
    """An orientation being changed; `overflow`: int64 [N], pairs that no batch holds yet.

    Kept up to date with every change, because a recount of all pairs for every batch would be quadratic: `_direct` [N],
    the arrows into a node from nodes with overflow, and `_over_one` [N], those from nodes with a direct arrow.
    """

    def __init__(self, graph: PairGraph, asks: Asks, batch_size: int) -> None:
        self._graph = graph
        self._batch_size = batch_size
        self.asks = asks.copy()
        self.overflow = n_asked(graph, asks) % batch_size
        self._n_overflow = int(self.overflow.sum())
        self._direct = self._arrows_from(self.overflow > 0)
        self._over_one = self._arrows_from(self._direct > 0)
        self._is_dead = np.zeros(graph.n_nodes, dtype=np.bool_)  # no overflow can reach it, now or later

    def most_reachable(self) -> int:
        """The node where a new batch takes up most overflow: its own, and what arrives over one or two arrows."""
        arriving = np.minimum(self._direct + self._over_one, self._n_overflow - self.overflow)
        taken_up = np.minimum(self.overflow + arriving, self._batch_size)
        return int(np.argmax(taken_up + self.overflow / (self._batch_size + 1)))

    def open(self, node: int) -> None:
        """Start a batch at a node: it takes the node's own overflow, then what can be moved there."""
        free = self._batch_size - int(self.overflow[node])
        self._lower_overflow(node, int(self.overflow[node]))
        free -= self._move_direct(node, free)
        while free and self._n_overflow and self._move_over_path(node):
            free -= 1

    def _arrows_from(self, is_start: NDArray[np.bool_]) -> NDArray[np.int64]:
        arrows = self.asks & is_start[self._graph.owner]
        return np.bincount(self._graph.neighbour[arrows], minlength=self._graph.n_nodes)

    def _lower_overflow(self, node: int, by: int) -> None:
        self.overflow[node] -= by
        self._n_overflow -= by
        if by and self.overflow[node] == 0:
            reached = self._graph.neighbour[self._graph.entries(node, self.asks)]
            self._direct[reached] -= 1
            for lost in reached[self._direct[reached] == 0].tolist():
                self._over_one[self._graph.neighbour[self._graph.entries(lost, self.asks)]] -= 1

    def _move_direct(self, taker: int, n_free: int) -> int:
        """Reverse arrows into `taker` from nodes with overflow, the least overflow first; how many it reversed."""
        entries = self._graph.entries_without(taker, self.asks)
        donors = self._graph.neighbour[entries]
        entries = entries[self.overflow[donors] > 0]
        donors = self._graph.neighbour[entries]
        entries = entries[np.argsort(self.overflow[donors], kind="stable")[:n_free]]
        for entry in entries.tolist():
            donor = int(self._graph.neighbour[entry])
            self._reverse(int(self._graph.twin[entry]))
            self._lower_overflow(donor, 1)
        return len(entries)

    def _move_over_path(self, taker: int) -> bool:
        """Reverse a path from a node with overflow to `taker`; False where there is none."""
        onward = np.full(self._graph.n_nodes, -1, dtype=np.int64)  # the entry by which a node's path to `taker` goes on
        is_seen = self._is_dead.copy()
        is_seen[taker] = True
        frontier = np.array([taker])
        while len(frontier):
            entries = np.concatenate([self._graph.entries_without(node, self.asks) for node in frontier.tolist()])
            entries = entries[~is_seen[self._graph.neighbour[entries]]]
            onward[self._graph.neighbour[entries]] = self._graph.twin[entries]
            frontier = np.flatnonzero(~is_seen & (onward >= 0))
            is_seen[frontier] = True
            path = self._short_path(frontier)
            if path:
                self._move_along(path, onward)
                return True
        self._is_dead |= is_seen
        return False

    def _short_path(self, ends: NDArray[np.int64]) -> list[int]:
        """Entries of a path of two or three arrows from a node with overflow to one of `ends`; empty without one.

        The counts tell where such a path ends, so that hardly ever more than the taker's own arrows is looked at.
        """
        path: list[int] = []
        near = np.flatnonzero(self._direct[ends])
        if not len(near):
            far = ends[self._over_one[ends] > 0]
            if not len(far):
                return []
            path = [self._arrow_into(far[:1], self._direct)]
            ends, near = self._graph.owner[path].astype(np.int64), np.zeros(1, dtype=np.int64)
        begin = int(near[0]) // _ENDS_AT_ONCE * _ENDS_AT_ONCE
        return [self._arrow_into(ends[begin : begin + _ENDS_AT_ONCE], self.overflow), *path]

    def _arrow_into(self, nodes: NDArray[np.int64], amount: NDArray[np.int64]) -> int:
        """The entry of the arrow into one of `nodes` from where the amount is smallest, above 0; ties by position."""
        entries = np.concatenate([self._graph.entries_without(node, self.asks) for node in nodes.tolist()])
        tails = self._graph.neighbour[entries]
        key = np.where(amount[tails] > 0, amount[tails] * self._graph.n_nodes + tails, np.iinfo(np.int64).max)
        return int(self._graph.twin[entries[np.argmin(key)]])

    def _move_along(self, path: list[int], onward: NDArray[np.int64]) -> None:
        donor, node = int(self._graph.owner[path[0]]), int(self._graph.neighbour[path[-1]])
        while onward[node] >= 0:
            path.append(int(onward[node]))
            node = int(self._graph.neighbour[path[-1]])
        for entry in path:
            self._reverse(entry)
        self._lower_overflow(donor, 1)

    def _reverse(self, entry: int) -> None:
        """Turn the arrow a -> b of an entry into b -> a; b holds no overflow, being on the way to a taker."""
        graph, direct, over_one = self._graph, self._direct, self._over_one
        a, b, twin = int(graph.owner[entry]), int(graph.neighbour[entry]), int(graph.twin[entry])
        self.asks[entry] = False
        if direct[a]:
            over_one[b] -= 1
        if self.overflow[a]:
            direct[b] -= 1
            if not direct[b]:
                over_one[graph.neighbour[self._graph.entries(b, self.asks)]] -= 1
        self.asks[twin] = True
        if direct[b]:
            over_one[a] += 1

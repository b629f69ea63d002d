"""Any set of candidate pairs as a graph whose neighbours are found by slicing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Asks = NDArray[np.bool_]


class PairGraph(NamedTuple):
    """P unordered pairs over N nodes, each pair twice: once in the list of either end.

    Node u's entries are `first[u]` to `first[u + 1]`, its neighbours ascending: `first` int64 [N + 1], `neighbour` and
    `owner` int32 [2P]; `twin` int64 [2P] is the other entry of the same pair. An orientation is a bool [2P] called
    `asks`, True where the entry's owner is the primary end; exactly one of two twins is True.
    """

    n_nodes: int
    first: NDArray[np.int64]
    neighbour: NDArray[np.int32]
    owner: NDArray[np.int32]
    twin: NDArray[np.int64]

    @property
    def n_pairs(self) -> int:
        """Number of unordered pairs."""
        return len(self.neighbour) // 2

    @property
    def degree(self) -> NDArray[np.int64]:
        """Pairs of each node, int64 [N]."""
        return np.diff(self.first)

    def entries(self, node: int, is_wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Those of a node's entries for which `is_wanted` [2P] holds."""
        begin, end = int(self.first[node]), int(self.first[node + 1])
        found: NDArray[np.int64] = begin + np.flatnonzero(is_wanted[begin:end])
        return found

    def entries_without(self, node: int, is_unwanted: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Those of a node's entries for which `is_unwanted` [2P] does not hold."""
        begin, end = int(self.first[node]), int(self.first[node + 1])
        found: NDArray[np.int64] = begin + np.flatnonzero(~is_unwanted[begin:end])
        return found


def pair_graph(n_nodes: int, source: NDArray[np.int32], target: NDArray[np.int32]) -> PairGraph:
    """Index pairs (int32 [P] each) of nodes 0..n_nodes-1; the caller vouches that they are unique."""
    owner, neighbour = np.concatenate([source, target]), np.concatenate([target, source])
    order = np.argsort(owner.astype(np.int64) * n_nodes + neighbour, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    twin = np.roll(place, len(source))[order]  # entries e and e + P are the two ends of pair e
    first = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n_nodes))]).astype(np.int64)
    return PairGraph(n_nodes, first, neighbour[order].astype(np.int32), owner[order].astype(np.int32), twin)


def n_asked(graph: PairGraph, asks: Asks) -> NDArray[np.int64]:
    """How many pairs each node is the primary end of, int64 [N]."""
    return np.bincount(graph.owner[asks], minlength=graph.n_nodes)


def n_calls(graph: PairGraph, asks: Asks, batch_size: int) -> int:
    """Cost of an orientation in calls."""
    return int((-(-n_asked(graph, asks) // batch_size)).sum())

"""Where the search for an orientation starts: simple rules that choose the primary end of every pair."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from core.graph.pair_graph import Asks, PairGraph

MAX_PRIORITIES = 24  # all orders of four modalities; beyond that the order by size and its rotations


def starts(graph: PairGraph, modality: NDArray[np.int32]) -> Iterator[Asks]:
    """Orientations to start from, made one at a time: the balanced one, greedy ones, then by order of modalities."""
    yield balanced(graph)
    yield busiest_first(graph)
    yield loneliest_spared(graph)
    for priority in _priorities(np.bincount(modality)):
        yield _by_priority(graph, modality, priority)


def balanced(graph: PairGraph) -> Asks:
    """Each node asks about half of its neighbours: a circulant pattern over positions."""
    distance = graph.neighbour - graph.owner
    return np.where(distance % 2 == 0, distance > 0, distance < 0)


def busiest_first(graph: PairGraph) -> Asks:
    """Again and again the node with the most pairs left takes them all: the greedy vertex cover."""
    taking = _Taking(graph)
    while taking.left.any():
        taking.take_all(int(np.argmax(taking.left)))
    return taking.asks


def loneliest_spared(graph: PairGraph) -> Asks:
    """Again and again the node with the fewest pairs left is spared: its neighbours take all that they have.

    On sparse pairs this leaves a near-smallest vertex cover (Karp and Sipser, FOCS 1981: optimal while there are
    leaves).
    """
    taking = _Taking(graph)
    while taking.left.any():
        spared = int(np.argmin(np.where(taking.left > 0, taking.left, graph.n_nodes)))
        entries = graph.entries(spared, taking.is_left)
        for node in graph.neighbour[entries].tolist():
            taking.take_all(node)
    return taking.asks


class _Taking:
    """An orientation in the making; `is_left` [2P]: entries of pairs that nobody has taken; `left` [N]: how many."""

    def __init__(self, graph: PairGraph) -> None:
        self._graph = graph
        self.is_left = np.ones(len(graph.neighbour), dtype=np.bool_)
        self.asks = np.zeros(len(graph.neighbour), dtype=np.bool_)
        self.left = graph.degree

    def take_all(self, node: int) -> None:
        entries = self._graph.entries(node, self.is_left)
        self.asks[entries] = True
        self.is_left[entries] = self.is_left[self._graph.twin[entries]] = False
        self.left[self._graph.neighbour[entries]] -= 1
        self.left[node] = 0


def _by_priority(graph: PairGraph, modality: NDArray[np.int32], priority: tuple[int, ...]) -> Asks:
    """Orient every pair away from the node whose modality comes first in `priority`."""
    rank = np.argsort(np.array(priority))[modality]
    earlier: Asks = rank[graph.owner] < rank[graph.neighbour]
    return earlier


def _priorities(sizes: NDArray[np.int64]) -> list[tuple[int, ...]]:
    by_size = tuple(int(m) for m in np.argsort(sizes, kind="stable"))
    if len(by_size) <= 4:
        return list(permutations(by_size))
    return [by_size[shift:] + by_size[:shift] for shift in range(min(len(by_size), MAX_PRIORITIES))]

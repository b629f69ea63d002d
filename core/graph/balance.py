"""Signed triangles: whether the friend of a friend is a friend, counted exactly over the whole graph.

A triangle is balanced when the product of its signs is + (Cartwright and Harary 1956): all three work together, or two
that work together both conflict with the third.
"""

import heapq
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from core.graph.model import SignedGraph

MOST_DENSE: Final = 4_096  # nodes up to which dense products are faster; float32 counts paths exactly to 2^24
_ROWS: Final = 512  # rows of a sparse product held at once


@dataclass(frozen=True, eq=False)
class Balance:
    """The triangles of a graph. `by_negatives`: how many have 0, 1, 2 and 3 − edges; `balanced`, `unbalanced`:
    int64 [E], triangles of each edge, in the graph's order.
    """

    by_negatives: tuple[int, int, int, int]
    balanced: NDArray[np.int64]
    unbalanced: NDArray[np.int64]

    @property
    def n_triangles(self) -> int:
        """All triangles."""
        return sum(self.by_negatives)

    @property
    def n_balanced(self) -> int:
        """Triangles with no or two − edges."""
        return self.by_negatives[0] + self.by_negatives[2]

    @property
    def n_unbalanced(self) -> int:
        """Triangles with one or three − edges."""
        return self.by_negatives[1] + self.by_negatives[3]

    @property
    def strain(self) -> NDArray[np.int64]:
        """By how many the balanced triangles would grow if the edge alone changed its sign, int64 [E]."""
        return self.unbalanced - self.balanced


class Triangle(NamedTuple):
    """Three edges of a graph, as ascending row numbers, that close a triangle; `strain`: the sum of theirs."""

    edges: tuple[int, int, int]
    strain: int


def triangle_balance(graph: SignedGraph, most_dense: int = MOST_DENSE) -> Balance:
    """Count the triangles of every edge from the products of the sign matrix with itself.

    With A the signs and |A| the edges, the ends of an edge have |A|²[i, j] common neighbours, of which A²[i, j] more
    are reached over two like signs than over two unlike ones. Up to `most_dense` nodes the products are dense.
    """
    signed, every = _paths(graph, graph.sign, most_dense), _paths(graph, np.abs(graph.sign), most_dense)
    like, unlike = (every + signed) // 2, (every - signed) // 2
    is_positive = graph.sign > 0
    balanced, unbalanced = np.where(is_positive, like, unlike), np.where(is_positive, unlike, like)
    # Each triangle with one − edge is met at two + edges, and with two − edges at two − edges.
    one = int(unbalanced[is_positive].sum()) // 2
    two = int(balanced[~is_positive].sum()) // 2
    none = (int(balanced[is_positive].sum()) - two) // 3
    three = (int(unbalanced[~is_positive].sum()) - one) // 3
    return Balance((none, one, two, three), balanced, unbalanced)


def balance_by_chance(graph: SignedGraph) -> float:
    """The share of balanced triangles to expect if the same signs were dealt to the same edges at random.

    NaN for fewer than three edges.
    """
    n, plus, minus = graph.n_edges, graph.n_positive, graph.n_negative
    if n < 3:
        return float("nan")
    return (plus * (plus - 1) * (plus - 2) + 3 * plus * minus * (minus - 1)) / (n * (n - 1) * (n - 2))


def strained_edges(balance: Balance, n: int) -> NDArray[np.int64]:
    """Up to `n` rows of the edges with more unbalanced than balanced triangles, the greatest difference first."""
    strain = balance.strain
    rows = np.lexsort((np.arange(len(strain)), -strain))[:n]
    strained: NDArray[np.int64] = rows[strain[rows] > 0]
    return strained


def strained_triangles(graph: SignedGraph, balance: Balance, n: int) -> list[Triangle]:
    """Up to `n` unbalanced triangles whose edges are together the most strained, the most strained first.

    Exact: edges are taken by falling strain until no triangle of the rest can be among the `n`.
    """
    index = _edge_index(graph)
    best: list[tuple[int, tuple[int, ...]]] = []  # a heap with the least strained of the found on top
    strain = balance.strain
    done = np.zeros(graph.n_edges, dtype=np.bool_)
    for row in np.lexsort((np.arange(len(strain)), -strain)).tolist():
        if len(best) == n and 3 * int(strain[row]) <= best[0][0]:
            break
        for found in _unbalanced_through(graph, index, row, done, strain):
            ranked = (found.strain, tuple(-edge for edge in found.edges))
            if len(best) < n:
                heapq.heappush(best, ranked)
            elif ranked > best[0]:
                heapq.heapreplace(best, ranked)
        done[row] = True
    return [Triangle((-edges[0], -edges[1], -edges[2]), total) for total, edges in sorted(best, reverse=True)]


def _paths(graph: SignedGraph, weight: NDArray[np.int8], most_dense: int) -> NDArray[np.int64]:
    """For each edge the sum over paths of two edges between its ends of the product of their weights, int64 [E]."""
    matrix = _symmetric(graph, weight.astype(np.float32))
    if graph.n_nodes <= most_dense:
        dense = matrix.toarray()
        product: NDArray[np.float32] = dense @ dense
        return product[graph.source, graph.target].astype(np.int64)
    paths = np.zeros(graph.n_edges, dtype=np.int64)
    for start in range(0, graph.n_nodes, _ROWS):
        first, last = np.searchsorted(graph.source, [start, start + _ROWS])
        rows = (matrix[start : start + _ROWS] @ matrix).toarray()
        paths[first:last] = rows[graph.source[first:last] - start, graph.target[first:last]]
    return paths


def _edge_index(graph: SignedGraph) -> Any:
    """Sparse [N, N] with the row number of each edge plus one, so that the first is no empty cell."""
    return _symmetric(graph, np.arange(1, graph.n_edges + 1, dtype=np.int64))


def _symmetric(graph: SignedGraph, weight: NDArray[Any]) -> Any:
    ends = (np.concatenate([graph.source, graph.target]), np.concatenate([graph.target, graph.source]))
    return csr_array((np.concatenate([weight, weight]), ends), shape=(graph.n_nodes, graph.n_nodes))


def _unbalanced_through(
    graph: SignedGraph, index: Any, row: int, done: NDArray[np.bool_], strain: NDArray[np.int64]
) -> list[Triangle]:
    """The unbalanced triangles of an edge that hold none of the edges that are done."""
    a, b = int(graph.source[row]), int(graph.target[row])
    (near_a, to_a), (near_b, to_b) = _neighbours(index, a), _neighbours(index, b)
    _, at_a, at_b = np.intersect1d(near_a, near_b, assume_unique=True, return_indices=True)
    first, second = to_a[at_a], to_b[at_b]
    wanted = (graph.sign[first] * graph.sign[second] * graph.sign[row] < 0) & ~done[first] & ~done[second]
    return [
        Triangle((edges[0], edges[1], edges[2]), int(strain[list(edges)].sum()))
        for edges in (sorted((row, i, j)) for i, j in zip(first[wanted].tolist(), second[wanted].tolist(), strict=True))
    ]


def _neighbours(index: Any, node: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    begin, end = index.indptr[node], index.indptr[node + 1]
    return index.indices[begin:end], index.data[begin:end] - 1

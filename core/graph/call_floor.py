"""The fewest calls that a set of candidate pairs can possibly take, proved without finding a plan.

Calls have one primary each, so every connected part of the pairs has a floor of its own and they add up. Within a part:
all calls full; and one call at least for each attribute of a smallest vertex cover, since the attributes that are
never primary share no pair.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.graph.pair_graph import PairGraph


def fewest_calls(graph: PairGraph, modality: NDArray[np.int32], batch_size: int) -> int:
    """Sum over connected parts of the larger of ceil(pairs / batch) and two bounds on the smallest vertex cover."""
    if not graph.n_pairs:
        return 0
    from scipy.sparse import csgraph, csr_array  # a second to import, and only this function needs it

    ones = np.ones(len(graph.neighbour), dtype=np.int32)
    joined = csr_array((ones, graph.neighbour, graph.first.astype(np.int32)), shape=(graph.n_nodes, graph.n_nodes))
    n_parts, part = csgraph.connected_components(joined, directed=False)
    full = -(-(np.bincount(part[graph.owner], minlength=n_parts) // 2) // batch_size)
    # The linear relaxation of vertex cover: half of a largest matching between the nodes and a copy of them
    # (Nemhauser and Trotter, 1975).
    is_matched = csgraph.maximum_bipartite_matching(joined, perm_type="column") >= 0
    relaxed = -(-np.bincount(part[is_matched], minlength=n_parts) // 2)
    # Of every clique of a partition of the nodes, all nodes but one are covered.
    _, of_part = np.unique(_cliques(joined, modality), return_index=True)
    covered = np.bincount(part, minlength=n_parts) - np.bincount(part[of_part], minlength=n_parts)
    return int(np.maximum.reduce([full, relaxed, covered]).sum())


def _cliques(joined: Any, modality: NDArray[np.int32]) -> NDArray[np.int64]:
    """Number of the clique of each node, in a partition into few cliques; the fewest for two modalities (König).

    Grown modality by modality, the largest first, each matched to the cliques there are.
    """
    from scipy.sparse import csgraph, csr_array

    clique = np.full(len(modality), -1, dtype=np.int64)
    n_cliques = 0
    for number in np.argsort(-np.bincount(modality), kind="stable").tolist():
        nodes, grown = np.flatnonzero(modality == number), np.flatnonzero(clique >= 0)
        ones = np.ones(len(grown), dtype=np.int32)
        member = csr_array((ones, (grown, clique[grown])), shape=(len(modality), n_cliques))
        neighbours = (joined[nodes] @ member).tocsr()  # how many members of each clique a node is paired with
        neighbours.data = (neighbours.data == np.bincount(clique[grown])[neighbours.indices]).astype(np.int32)
        neighbours.eliminate_zeros()
        joins = csgraph.maximum_bipartite_matching(neighbours, perm_type="column").astype(np.int64)
        is_alone = joins < 0
        joins[is_alone] = n_cliques + np.arange(np.count_nonzero(is_alone))
        clique[nodes] = joins
        n_cliques += int(np.count_nonzero(is_alone))
    return clique

"""Orienting the complete multipartite graph of candidate pairs so that few batches leave every node.

`asks[u, v]` is True when u is the primary end of the pair {u, v}; an orientation costs the sum of
ceil(out-degree / batch) calls. Reversing a directed path from u to w moves one out-edge from u to w and leaves the
nodes between alone. So: keep every full batch of a starting orientation, call the rest *overflow*, open new batches one
at a time where most overflow can flow to, and reverse paths until no overflow is left.
"""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

Orientation = NDArray[np.bool_]
_NODES_AT_ONCE = 16
MAX_PRIORITIES = 24  # all orders of four modalities; beyond that the order by size and its rotations


def orient_for_few_calls(modality: NDArray[np.int32], batch_size: int) -> Orientation:
    """Choose the primary end of every cross-modality pair; bool [N, N], exactly one of [u, v] and [v, u] is True.

    Tries a balanced start and starts by order of modalities, and keeps the cheapest result; stops at the floor.
    """
    sizes = np.bincount(modality)
    n_pairs = (int(sizes.sum()) ** 2 - int((sizes**2).sum())) // 2
    floor = max(-(-n_pairs // batch_size), len(modality) - int(sizes.max(initial=0)))
    best = fill_batches(_balanced(modality), batch_size)
    for priority in _priorities(sizes):
        if n_calls(best, batch_size) == floor:
            break
        asks = fill_batches(_by_priority(modality, priority), batch_size)
        if n_calls(asks, batch_size) < n_calls(best, batch_size):
            best = asks
    return best


def n_calls(asks: Orientation, batch_size: int) -> int:
    """Cost of an orientation in calls."""
    return int((-(-asks.sum(axis=1) // batch_size)).sum())


def fill_batches(asks: Orientation, batch_size: int) -> Orientation:
    """Gather the out-edges beyond every node's full batches into as few further batches as it can."""
    asks = asks.copy()
    overflow = asks.sum(axis=1) % batch_size
    while overflow.any():
        opened = _most_reachable(asks, overflow, batch_size)
        free = batch_size - min(int(overflow[opened]), batch_size)
        overflow[opened] = 0
        while free and overflow.any():
            donor = _move_one_to(asks, overflow, opened)
            if donor is None:
                break
            overflow[donor] -= 1
            free -= 1
    return asks


def _most_reachable(asks: Orientation, overflow: NDArray[np.int64], batch_size: int) -> int:
    """The node where a new batch takes up most overflow: its own, and what arrives over one or two edges."""
    direct = asks[overflow > 0].sum(axis=0, dtype=np.int32)
    over_one = asks[direct > 0].sum(axis=0, dtype=np.int32)
    arriving = np.minimum(direct + over_one, overflow.sum() - overflow)
    return int(np.argmax(np.minimum(overflow + arriving, batch_size) + overflow / (batch_size + 1)))


def _move_one_to(asks: Orientation, overflow: NDArray[np.int64], taker: int) -> int | None:
    """Reverse a shortest path from a node with overflow to `taker`, in place; the donor, or None without a path."""
    next_on_path = np.full(len(asks), -1)
    next_on_path[taker] = taker
    frontier = [taker]
    while frontier:
        reached: list[int] = []
        for start in range(0, len(frontier), _NODES_AT_ONCE):  # most searches end within the first few nodes
            nodes = np.array(frontier[start : start + _NODES_AT_ONCE])
            arrows = asks[:, nodes]
            arrivals = np.flatnonzero(arrows.any(axis=1) & (next_on_path < 0))
            next_on_path[arrivals] = nodes[arrows[arrivals].argmax(axis=1)]
            donors = arrivals[overflow[arrivals] > 0]
            if len(donors):
                donor = int(donors[np.argmin(overflow[donors])])
                _reverse_path(asks, next_on_path, donor, taker)
                return donor
            reached.extend(arrivals.tolist())
        frontier = reached
    return None


def _reverse_path(asks: Orientation, next_on_path: NDArray[np.int64], start: int, end: int) -> None:
    node = start
    while node != end:
        following = int(next_on_path[node])
        asks[node, following], asks[following, node] = False, True
        node = following


def _balanced(modality: NDArray[np.int32]) -> Orientation:
    """Each node is the primary of about half of its pairs: a circulant pattern over positions."""
    position = np.arange(len(modality))
    distance = position[None, :] - position[:, None]
    forward = np.where(distance % 2 == 0, distance > 0, distance < 0)
    return np.asarray(forward & (modality[:, None] != modality[None, :]))


def _by_priority(modality: NDArray[np.int32], priority: tuple[int, ...]) -> Orientation:
    """Orient every pair away from the node whose modality comes first in `priority`."""
    rank = np.argsort(np.array(priority))[modality]
    earlier: Orientation = rank[:, None] < rank[None, :]
    return earlier


def _priorities(sizes: NDArray[np.int64]) -> list[tuple[int, ...]]:
    by_size = tuple(int(m) for m in np.argsort(sizes, kind="stable"))
    if len(by_size) <= 4:
        return list(permutations(by_size))
    return [by_size[shift:] + by_size[:shift] for shift in range(min(len(by_size), MAX_PRIORITIES))]

"""Saving further calls of an orientation, one exchange at a time.

A node drops a call when the pairs beyond its other calls can move, over reversed paths, to nodes whose calls have room.
Where no node can, one call more at a well-placed node may let two others drop one each: the exchange by which local
search improves independent sets (Andrade, Resende and Werneck, J. Heuristics 2012), here with calls of limited size.
"""

import numpy as np

from core.graph.pair_graph import Asks, PairGraph, n_asked

MAX_LOOKED_AT = 100_000  # nodes expanded in searches for room: one or two seconds, however large the graph


def save_calls(graph: PairGraph, asks: Asks, batch_size: int, floor: int) -> Asks:
    """An orientation of as many or fewer calls; stops at `floor` calls or where no exchange helps."""
    saving = _Saving(graph, asks, batch_size)
    before = saving.n_calls + 1
    while floor < saving.n_calls < before and saving.n_looked_at < MAX_LOOKED_AT:
        before = saving.n_calls
        saving.drop_calls(floor)
        saving.exchange_calls(floor)
    return saving.asks


class _Saving:
    """An orientation being changed; `calls` [N]: calls that each node has, `asked` [N]: pairs it is the primary of."""

    def __init__(self, graph: PairGraph, asks: Asks, batch_size: int) -> None:
        self._graph = graph
        self._batch_size = batch_size
        self.asks = asks.copy()
        self.asked = n_asked(graph, asks)
        self.calls = -(-self.asked // batch_size)
        self.n_calls = int(self.calls.sum())
        self.n_looked_at = 0
        self._reversed: list[int] = []  # entries, in the order they were reversed
        self._search = 0
        self._seen_in = np.zeros(graph.n_nodes, dtype=np.int64)  # the last search that met a node
        self._came_by = np.zeros(graph.n_nodes, dtype=np.int64)  # the entry by which it did

    def drop_calls(self, floor: int) -> None:
        """Let every node that can drop calls do so, those with the fewest pairs to move first."""
        to_move = self.asked - np.maximum(self.calls - 1, 0) * self._batch_size
        for node in np.argsort(to_move, kind="stable").tolist():
            if self.n_calls <= floor or self.n_looked_at > MAX_LOOKED_AT:
                return
            while self.calls[node] and self._drop(node):
                pass

    def exchange_calls(self, floor: int) -> None:
        """Give a node one more call where this lets two of the nodes that ask it drop one each."""
        for node in self._promising():
            if self.n_calls <= floor or self.n_looked_at > MAX_LOOKED_AT:
                return
            self._exchange(node)

    def _promising(self) -> list[int]:
        """Nodes with two neighbours that would have to move no more pairs than could move, if the node had room."""
        graph = self._graph
        movable = np.bincount(graph.owner[self.asks & (self.calls[graph.neighbour] > 0)], minlength=graph.n_nodes)
        to_move = self.asked - (self.calls - 1) * self._batch_size
        is_near = (self.calls > 0) & (movable + 1 >= to_move)
        n_near = np.bincount(graph.neighbour[self.asks & is_near[graph.owner]], minlength=graph.n_nodes)
        return [int(node) for node in np.flatnonzero(n_near >= 2)]

    def _exchange(self, opened: int) -> None:
        graph, mark, n_before = self._graph, len(self._reversed), self.n_calls
        calls_before = self.calls.copy()
        askers = graph.neighbour[graph.entries_without(opened, self.asks)]
        self.calls[opened] += 1
        self.n_calls += 1
        for node in askers[np.argsort(self.asked[askers], kind="stable")].tolist():
            self._drop(node)
        if self.n_calls >= n_before:
            self._undo_to(mark)
            self.calls, self.n_calls = calls_before, n_before

    def _drop(self, node: int) -> bool:
        """Move what is beyond the node's other calls elsewhere and drop the call; nothing changes where it cannot."""
        n_left = (int(self.calls[node]) - 1) * self._batch_size
        to_move = int(self.asked[node]) - n_left
        room_elsewhere = self.n_calls * self._batch_size - self._graph.n_pairs - (self._batch_size - to_move)
        neighbours = self._graph.neighbour[self._graph.entries(node, self.asks)]
        if room_elsewhere < to_move or np.count_nonzero(self.calls[neighbours]) < to_move:
            return False
        mark = len(self._reversed)
        self.calls[node] -= 1
        while self.asked[node] > n_left:
            path = self._path_to_room(node)
            if not path:
                self._undo_to(mark)
                self.calls[node] += 1
                return False
            for entry in path:
                self._reverse(entry)
                self._reversed.append(entry)
        self.n_calls -= 1
        return True

    def _path_to_room(self, start: int) -> list[int]:
        """Entries of a shortest path from `start` to a node whose calls have room; empty without one."""
        graph, self._search = self._graph, self._search + 1
        self._seen_in[start] = self._search
        frontier = [start]
        while frontier:
            reached: list[int] = []
            for node in frontier:
                self.n_looked_at += 1
                entries = self._graph.entries(node, self.asks)
                neighbours = graph.neighbour[entries]
                is_new = self._seen_in[neighbours] != self._search
                entries, neighbours = entries[is_new], neighbours[is_new]
                has_room = self.calls[neighbours] * self._batch_size > self.asked[neighbours]
                if has_room.any():
                    return self._path_back(start, int(entries[np.argmax(has_room)]))
                is_useful = self.calls[neighbours] > 0
                self._came_by[neighbours[is_useful]] = entries[is_useful]
                self._seen_in[neighbours] = self._search
                reached.extend(neighbours[is_useful].tolist())
            frontier = reached
        return []

    def _path_back(self, start: int, entry: int) -> list[int]:
        path, node = [entry], int(self._graph.owner[entry])
        while node != start:
            path.append(int(self._came_by[node]))
            node = int(self._graph.owner[path[-1]])
        return path

    def _reverse(self, entry: int) -> None:
        self.asks[entry], self.asks[self._graph.twin[entry]] = False, True
        self.asked[self._graph.owner[entry]] -= 1
        self.asked[self._graph.neighbour[entry]] += 1

    def _undo_to(self, mark: int) -> None:
        while len(self._reversed) > mark:
            self._reverse(int(self._graph.twin[self._reversed.pop()]))

"""The rival: rejection sampling of the same law in vectorised numpy, thousands of random subgraphs at a time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, LabelParams
from core.sampler.fractions import Fractions, fractions, inside

BATCH = 4_096


class Batch(NamedTuple):
    """R random subgraphs: `members` int64 [R, capacity], N where a place is empty, and their fractions."""

    members: NDArray[np.int64]
    found: Fractions


class NumpySampler:
    """Draws subgraphs of a graph under quotas; an extra node without edges stands for an empty place."""

    def __init__(self, graph: SignedGraph, type_ranges: dict[str, tuple[int, int]], seed: int) -> None:
        self._empty = graph.n_nodes
        self._signs = np.zeros((graph.n_nodes + 1, graph.n_nodes + 1), dtype=np.int8)
        self._signs[:-1, :-1] = graph.sign_matrix()
        self._pools = [np.array(graph.catalogue.positions_by_type[name]) for name in type_ranges]
        self._ranges = list(type_ranges.values())
        self._rng = np.random.default_rng(seed)
        capacity = sum(high for _, high in self._ranges)
        self._first, self._second = np.triu_indices(capacity, k=1)

    def draw(self, n: int) -> Batch:
        """`n` random subgraphs."""
        members = np.concatenate(
            [self._draw_type(n, pool, *quota) for pool, quota in zip(self._pools, self._ranges, strict=True)], axis=1
        )
        signs = self._signs[members[:, self._first], members[:, self._second]]
        size = (members != self._empty).sum(axis=1)
        return Batch(members, fractions(size, (signs > 0).sum(axis=1), (signs < 0).sum(axis=1)))

    def rows(self, params: LabelParams) -> NDArray[np.int64]:
        """Rows of one label, drawn until there are enough."""
        kept: list[NDArray[np.int64]] = []
        while sum(len(part) for part in kept) < params.num_samples:
            batch = self.draw(BATCH)
            kept.append(batch.members[inside(batch.found, params.pos_frac_range, params.neg_frac_range)])
        return np.concatenate(kept)[: params.num_samples]

    def _draw_type(self, n: int, pool: NDArray[np.int64], low: int, high: int) -> NDArray[np.int64]:
        """[n, high] distinct members of one type, those beyond a uniform count emptied; repeats are drawn again."""
        picks = self._rng.integers(0, len(pool), size=(n, high))
        while True:
            ordered = np.sort(picks, axis=1)
            repeated = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
            if len(repeated) == 0:
                break
            picks[repeated] = self._rng.integers(0, len(pool), size=(len(repeated), high))
        count = self._rng.integers(low, high + 1, size=n)
        return np.where(np.arange(high) < count[:, None], pool[picks], self._empty)


def sample_all(graph: SignedGraph, config: DatasetConfig) -> int:
    """All labels of a configuration; returns the number of rows."""
    sampler = NumpySampler(graph, config.type_ranges, config.seed)
    return sum(len(sampler.rows(params)) for params in config.label_params.values())

"""An independent recount of sampled rows from the edge list: plain numpy, nothing shared with the kernels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.graph.model import SignedGraph
from core.sampler.configuration import LabelParams
from core.sampler.fractions import Fractions, fractions, inside

PAIRS_AT_ONCE = 2_000_000


class Recount(NamedTuple):
    """Per row: number of attributes, of + pairs and of - pairs; int64 [R] each."""

    size: NDArray[np.int64]
    pos: NDArray[np.int64]
    neg: NDArray[np.int64]

    @property
    def fractions(self) -> Fractions:
        """The fractions of each row, float64 [R]."""
        return fractions(self.size, self.pos, self.neg)


class EdgeIndex(NamedTuple):
    """The edges as sorted keys `source * n_nodes + target` with their signs."""

    n_nodes: int
    key: NDArray[np.int64]
    sign: NDArray[np.int8]


def index_edges(graph: SignedGraph) -> EdgeIndex:
    """Sort the edge list once, for any number of recounts."""
    key = graph.source.astype(np.int64) * graph.n_nodes + graph.target
    order = np.argsort(key)
    return EdgeIndex(graph.n_nodes, key[order], graph.sign[order])


def recount_rows(edges: EdgeIndex, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> Recount:
    """Look every pair of every row up in the edge list; row r is `nodes[offsets[r]:offsets[r + 1]]`."""
    size = np.diff(offsets)
    pos, neg = np.zeros(len(size), dtype=np.int64), np.zeros(len(size), dtype=np.int64)
    for rows, members in _rows_by_size(nodes, offsets[:-1], size):
        first, second = np.triu_indices(members.shape[1], k=1)
        low = np.minimum(members[:, first], members[:, second])
        high = np.maximum(members[:, first], members[:, second])
        sign = _signs(edges, low * edges.n_nodes + high)
        pos[rows], neg[rows] = (sign > 0).sum(axis=1), (sign < 0).sum(axis=1)
    return Recount(size, pos, neg)


def count_types(
    graph: SignedGraph, types: Mapping[str, tuple[int, int]], nodes: NDArray[np.int32], offsets: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many attributes of each type each row has, int64 [R, T]; the last of T + 1 columns counts other types."""
    column = {name: i for i, name in enumerate(types)}
    type_of = np.array([column.get(a.attribute_type, len(types)) for a in graph.catalogue.attributes], dtype=np.int64)
    row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    width = len(types) + 1
    counts = np.bincount(row * width + type_of[nodes], minlength=(len(offsets) - 1) * width)
    return counts.reshape(-1, width)


def within_types(counts: NDArray[np.int64], types: Mapping[str, tuple[int, int]]) -> NDArray[np.bool_]:
    """Which rows of `count_types` keep every quota and hold nothing else, bool [R]."""
    quotas = np.array([*types.values(), (0, 0)], dtype=np.int64)
    result: NDArray[np.bool_] = np.all((counts >= quotas[:, 0]) & (counts <= quotas[:, 1]), axis=1)
    return result


@dataclass(frozen=True, eq=False)
class RowChecker:
    """Checks a label's rows before they are delivered; the edge list is indexed once."""

    graph: SignedGraph
    edges: EdgeIndex
    label: str
    params: LabelParams
    type_ranges: Mapping[str, tuple[int, int]]

    def require_in_range(self, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> None:
        """Raise `ValenceError` with the first row that breaks a hard constraint or repeats an attribute."""
        found = recount_rows(self.edges, nodes, offsets).fractions
        kept = within_types(count_types(self.graph, self.type_ranges, nodes, offsets), self.type_ranges)
        in_box = inside(found, self.params.pos_frac_range, self.params.neg_frac_range)
        broken = np.flatnonzero(~in_box | ~kept | _repeats(nodes, offsets, self.graph.n_nodes))
        if len(broken):
            row = int(broken[0])
            values = [self.graph.catalogue.attributes[i].value for i in nodes[offsets[row] : offsets[row + 1]]]
            raise ValenceError(
                f"A sampled row of label {self.label!r} breaks its constraints on recount: {values} has pos_frac "
                f"{found.pos_frac[row]:.4g} and neg_frac {found.neg_frac[row]:.4g}.",
                "This is a defect of the sampler: nothing was written. Report it with the configuration.",
            )


def _rows_by_size(
    nodes: NDArray[np.int32], starts: NDArray[np.int64], size: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Batches of rows of one size n >= 2 with their members as int64 [batch, n]."""
    for n in np.unique(size[size >= 2]).tolist():
        rows = np.flatnonzero(size == n)
        batch = max(PAIRS_AT_ONCE // (n * (n - 1) // 2), 1)
        for begin in range(0, len(rows), batch):
            chosen = rows[begin : begin + batch]
            yield chosen, nodes[starts[chosen][:, None] + np.arange(n)].astype(np.int64)


def _signs(edges: EdgeIndex, keys: NDArray[np.int64]) -> NDArray[np.int8]:
    if len(edges.key) == 0:
        return np.zeros(keys.shape, dtype=np.int8)
    place = np.minimum(np.searchsorted(edges.key, keys), len(edges.key) - 1)
    return np.where(edges.key[place] == keys, edges.sign[place], np.int8(0))


def _repeats(nodes: NDArray[np.int32], offsets: NDArray[np.int64], n_nodes: int) -> NDArray[np.bool_]:
    """Which rows hold an attribute twice, bool [R]."""
    n_rows = len(offsets) - 1
    row = np.repeat(np.arange(n_rows), np.diff(offsets))
    key = np.sort(row * n_nodes + nodes)
    repeated = np.zeros(n_rows, dtype=np.bool_)
    repeated[key[1:][key[1:] == key[:-1]] // max(n_nodes, 1)] = True
    return repeated

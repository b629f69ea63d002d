"""An independent recount of sampled rows from the edges: plain numpy, nothing shared with the kernels."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.graph.model import SignedGraph
from core.sampler.configuration import LabelParams
from core.sampler.fractions import Fractions, fractions, inside

PAIRS_AT_ONCE = 2_000_000
MATRIX_LIMIT = 12_000  # attributes: 144 MB of int8; beyond, pairs are looked up in the sorted edge list


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
    """The edges for looking pairs up, one form filled and the other empty.

    `matrix`: int8 [N * N], the sign of each pair, 0 for none; or `key`: sorted `source * N + target` with `sign`.
    """

    n_nodes: int
    matrix: NDArray[np.int8]
    key: NDArray[np.int64]
    sign: NDArray[np.int8]


class TypeIndex(NamedTuple):
    """By catalogue position, the number of an attribute's type among T types, T for any other; int64 [N]."""

    of: NDArray[np.int64]
    n_types: int


def index_edges(graph: SignedGraph, matrix_limit: int = MATRIX_LIMIT) -> EdgeIndex:
    """Bring the edges into a form for any number of recounts: a matrix up to `matrix_limit` attributes."""
    none = np.zeros(0, dtype=np.int8)
    if graph.n_nodes <= matrix_limit:
        return EdgeIndex(graph.n_nodes, graph.sign_matrix().ravel(), np.zeros(0, dtype=np.int64), none)
    key = graph.source.astype(np.int64) * graph.n_nodes + graph.target
    order = np.argsort(key)
    return EdgeIndex(graph.n_nodes, none, key[order], graph.sign[order])


def index_types(graph: SignedGraph, types: Iterable[str]) -> TypeIndex:
    """Number the types in their order, for any number of counts."""
    column = {name: i for i, name in enumerate(types)}
    of = [column.get(attribute.attribute_type, len(column)) for attribute in graph.catalogue.attributes]
    return TypeIndex(np.array(of, dtype=np.int64), len(column))


def recount_rows(edges: EdgeIndex, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> Recount:
    """Look every pair of every row up among the edges; row r is `nodes[offsets[r]:offsets[r + 1]]`."""
    size = np.diff(offsets)
    pos, neg = np.zeros(len(size), dtype=np.int64), np.zeros(len(size), dtype=np.int64)
    for rows, members in _rows_by_size(nodes, offsets[:-1], size):
        # Narrow sums are twice as fast; the pairs of 256 attributes still fit.
        narrow: Any = np.int16 if len(members) <= 256 else np.int64
        total, signed = np.zeros(len(rows), dtype=narrow), np.zeros(len(rows), dtype=narrow)
        for i in range(len(members) - 1):
            sign = _signs(edges, members[i], members[i + 1 :])
            total += sign.sum(axis=0, dtype=narrow)
            signed += (sign & 1).sum(axis=0, dtype=narrow)  # the last bit of -1 is 1
        pos[rows], neg[rows] = (signed + total) >> 1, (signed - total) >> 1
    return Recount(size, pos, neg)


def count_types(index: TypeIndex, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many attributes of each type each row has, int64 [R, T + 1]; the last column counts other types."""
    width = index.n_types + 1
    place = np.repeat(np.arange(len(offsets) - 1) * width, np.diff(offsets)) + index.of[nodes]
    return np.bincount(place, minlength=(len(offsets) - 1) * width).reshape(-1, width)


def within_types(counts: NDArray[np.int64], types: Mapping[str, tuple[int, int]]) -> NDArray[np.bool_]:
    """Which rows of `count_types` keep every quota and hold nothing else, bool [R]."""
    quotas = np.array([*types.values(), (0, 0)], dtype=np.int64)
    result: NDArray[np.bool_] = np.all((counts >= quotas[:, 0]) & (counts <= quotas[:, 1]), axis=1)
    return result


@dataclass(frozen=True, eq=False)
class RowChecker:
    """Checks a label's rows before they are delivered; the edges are indexed once."""

    graph: SignedGraph
    edges: EdgeIndex
    label: str
    params: LabelParams
    type_ranges: Mapping[str, tuple[int, int]]

    @cached_property
    def types(self) -> TypeIndex:
        """The quotas' types, in their order."""
        return index_types(self.graph, self.type_ranges)

    def require_in_range(self, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> None:
        """Raise `ValenceError` with the first row that breaks a hard constraint or repeats an attribute."""
        found = recount_rows(self.edges, nodes, offsets).fractions
        kept = within_types(count_types(self.types, nodes, offsets), self.type_ranges)
        in_box = inside(found, self.params.pos_frac_range, self.params.neg_frac_range)
        broken = np.flatnonzero(~in_box | ~kept | _repeats(self.types, nodes, offsets))
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
    """Batches of rows of one size n >= 2 with their members as int64 [n, batch]."""
    for n in np.unique(size[size >= 2]).tolist():
        rows = np.flatnonzero(size == n)
        batch = max(PAIRS_AT_ONCE // n, 1)
        for begin in range(0, len(rows), batch):
            chosen = rows[begin : begin + batch]
            yield chosen, nodes[starts[chosen] + np.arange(n)[:, None]].astype(np.int64)


def _signs(edges: EdgeIndex, one: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int8]:
    """The sign of the pairs of `one` [R] with `others` [n, R]; 0 where there is no edge."""
    if len(edges.matrix):
        return edges.matrix.take(one * edges.n_nodes + others)
    keys = np.minimum(one, others) * edges.n_nodes + np.maximum(one, others)
    if len(edges.key) == 0:
        return np.zeros(keys.shape, dtype=np.int8)
    place = np.minimum(np.searchsorted(edges.key, keys), len(edges.key) - 1)
    return np.where(edges.key[place] == keys, edges.sign[place], np.int8(0))


def _repeats(types: TypeIndex, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which rows hold an attribute twice, bool [R]; only rows that do not ascend by type and position are searched."""
    n_nodes, n_rows = max(len(types.of), 1), len(offsets) - 1
    rank = types.of[nodes] * n_nodes + nodes
    row = np.repeat(np.arange(n_rows), np.diff(offsets))
    stalls = (rank[1:] <= rank[:-1]) & (row[1:] == row[:-1])
    suspect = np.zeros(n_rows, dtype=np.bool_)
    suspect[row[1:][stalls]] = True
    searched = suspect[row]
    key = np.sort(row[searched] * n_nodes + nodes[searched])
    repeated = np.zeros(n_rows, dtype=np.bool_)
    repeated[key[1:][key[1:] == key[:-1]] // n_nodes] = True
    return repeated

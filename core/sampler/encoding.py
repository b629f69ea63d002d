"""A signed graph and its quotas as the arrays that the kernels read."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig, LabelParams
from core.sampler.fractions import count_bounds
from core.sampler.kernels import (
    AVOIDED,
    FAVOURED,
    HI,
    LO,
    MINUS,
    N_NODES,
    PLUS,
    EncodedGraph,
    fill_lists,
    n_words,
    sort_lists,
)

DENSE_LIMIT = 12_000  # taking-part attributes: 36 MB of bits; beyond, sorted neighbour lists
PairList = Sequence[tuple[str, str]]
EdgePart = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]  # source, target, sign


@dataclass(frozen=True, eq=False)
class Encoding:
    """A graph ready for sampling.

    Only attributes of the types in `types` take part; they are renumbered type by type, and `position` (int32 [N])
    gives the catalogue position of each. `modality_of_type` numbers the modality of each type.
    """

    types: tuple[str, ...]
    position: NDArray[np.int32]
    modality_of_type: NDArray[np.int64]
    n_positive: int
    n_negative: int
    arrays: EncodedGraph

    @property
    def max_size(self) -> int:
        """The most attributes a row can hold."""
        return int(self.arrays.types[:, HI].sum())

    @property
    def min_size(self) -> int:
        """The fewest attributes a row can hold."""
        return int(self.arrays.types[:, LO].sum())

    @property
    def mean_size(self) -> float:
        """How many attributes a random row holds on average: a type's count is uniform between its bounds."""
        return float(self.arrays.types[:, [LO, HI]].sum()) / 2

    @property
    def is_soft(self) -> bool:
        """Whether any soft pair is given."""
        return len(self.arrays.pairs) > 0


def encode_config(graph: SignedGraph, config: DatasetConfig) -> Encoding:
    """Encode a graph for a configuration that `check_config` found no problem with."""
    return encode_graph(graph, config.type_ranges, config.high_priority_pairs, config.low_priority_pairs)


def encode_graph(
    graph: SignedGraph,
    type_ranges: Mapping[str, tuple[int, int]],
    high_pairs: PairList = (),
    low_pairs: PairList = (),
    dense_limit: int = DENSE_LIMIT,
) -> Encoding:
    """Renumber the attributes of the given types block by block; the types must be those of the catalogue."""
    types = tuple(type_ranges)
    blocks = [np.array(graph.catalogue.positions_by_type[name], dtype=np.int32) for name in types]
    position = np.concatenate(blocks)
    source, target, sign = _local_edges(graph, position)
    table = _type_table([len(block) for block in blocks], list(type_ranges.values()))
    links, start = _adjacency(len(position), source, target, sign, dense_limit)
    type_of = np.repeat(np.arange(len(types), dtype=np.uint32), table[:, N_NODES])
    pairs, priority = _soft_pairs(types, high_pairs, low_pairs)
    arrays = EncodedGraph(
        links,
        start,
        type_of=np.append(type_of, 0),
        types=table,
        slots=slots_of(table),
        variable=_variable(table),
        pairs=pairs,
        priority=_priority_bits(priority, type_of) if links.ndim == 3 and len(pairs) else priority,
    )
    modalities = graph.catalogue.modalities
    modality_of_type = [modalities.index(graph.catalogue.attributes[block[0]].modality) for block in blocks]
    return Encoding(
        types,
        position,
        np.array(modality_of_type, dtype=np.int64),
        int(np.count_nonzero(sign > 0)),
        int(np.count_nonzero(sign < 0)),
        arrays,
    )


def with_quotas(encoding: Encoding, lo: NDArray[np.int64], hi: NDArray[np.int64]) -> Encoding:
    """The same graph under other least and greatest counts, int64 [T] each; nothing is encoded again."""
    types = encoding.arrays.types.copy()
    types[:, LO], types[:, HI] = lo, hi
    arrays = encoding.arrays._replace(types=types, slots=slots_of(types), variable=_variable(types))
    return replace(encoding, arrays=arrays)


def label_box(max_size: int, params: LabelParams) -> NDArray[np.int64]:
    """The label's ranges as numbers of pairs, int64 [4, max_size + 1]: least and greatest +, least and greatest -."""
    pos, neg = count_bounds(max_size, params.pos_frac_range), count_bounds(max_size, params.neg_frac_range)
    return np.stack((pos.least, pos.greatest, neg.least, neg.greatest))


def stream_key(seed: int, *purpose: str) -> np.uint64:
    """The 64-bit key of a family of random streams, so that no two labels or purposes share one."""
    text = "\x1f".join((str(seed), *purpose))
    return np.uint64(int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "little"))


def _local_edges(
    graph: SignedGraph, position: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int8]]:
    local = np.full(graph.n_nodes, -1, dtype=np.int32)
    local[position] = np.arange(len(position), dtype=np.int32)
    source, target = local[graph.source], local[graph.target]
    if len(position) == graph.n_nodes:
        return source, target, graph.sign
    kept = (source >= 0) & (target >= 0)
    return source[kept], target[kept], graph.sign[kept]


def _type_table(sizes: Sequence[int], quotas: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """`types` of `EncodedGraph`."""
    first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    lo, hi = zip(*quotas, strict=True)
    return np.stack((first, sizes, lo, hi), axis=1).astype(np.int64)


def slots_of(types: NDArray[np.int64]) -> NDArray[np.int64]:
    """`slots` of `EncodedGraph`."""
    most = types[:, HI]
    number = np.arange(most.sum()) - np.repeat(np.cumsum(most) - most, most)
    return np.stack((np.repeat(np.arange(len(types)), most), number), axis=1)


def _variable(types: NDArray[np.int64]) -> NDArray[np.int64]:
    """The types whose count is not fixed."""
    return np.flatnonzero(types[:, LO] < types[:, HI]).astype(np.int64)


def _adjacency(
    n: int, source: NDArray[np.int32], target: NDArray[np.int32], sign: NDArray[np.int8], dense_limit: int
) -> tuple[NDArray[np.uint64] | NDArray[np.int32], NDArray[np.int64]]:
    """`links` and `start` of `EncodedGraph`."""
    if n > dense_limit:
        start, lists = neighbour_lists(n, lambda: ((source, target, sign),))
        return lists, start
    linked = np.zeros((n + 1, 2, 64 * n_words(n)), dtype=np.bool_)
    row = np.where(sign > 0, PLUS, MINUS)
    for a, b in ((source, target), (target, source)):
        linked.reshape(-1)[(2 * a.astype(np.int64) + row) * linked.shape[2] + b] = True
    return _packed(linked), np.zeros(0, np.int64)


def _packed(flags: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Flags [..., 64 W] as bits, uint64 [..., W]: flag 64 w + b in bit b of word w."""
    return np.packbits(flags, axis=-1, bitorder="little").view("<u8").astype(np.uint64, copy=False)


def neighbour_lists(n: int, edges: Callable[[], Iterable[EdgePart]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """`start` and `links` of `EncodedGraph` for N nodes, from edges in any order that can be gone through twice.

    Holds 8 bytes per edge and 16 per node beside one part, so that a hundred million edges fit into a gigabyte.
    """
    degree = np.zeros(n, dtype=np.int64)
    for source, target, _ in edges():
        degree += np.bincount(source, minlength=n)
        degree += np.bincount(target, minlength=n)
    start = np.concatenate(([0], np.cumsum(degree))).astype(np.int64)
    lists = np.zeros(start[-1], dtype=np.int32)
    cursor = start[:-1].copy()
    for source, target, sign in edges():
        fill_lists(source, target, sign, cursor, lists)
    sort_lists(start, lists)
    return start, lists


def _soft_pairs(
    types: Sequence[str], high_pairs: PairList, low_pairs: PairList
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """`pairs` of `EncodedGraph` and, beside lists, its `priority`."""
    index = {name: i for i, name in enumerate(types)}
    weighted = [(index[a], index[b], 1) for a, b in high_pairs] + [(index[a], index[b], -1) for a, b in low_pairs]
    priority = np.zeros((len(types), len(types)) if weighted else (0,), dtype=np.int8)
    for a, b, weight in weighted:
        priority[a, b] = priority[b, a] = weight
    return np.array(weighted, dtype=np.int64).reshape(-1, 3), priority


def _priority_bits(priority: NDArray[np.int8], type_of: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """`priority` of `EncodedGraph` beside bits."""
    flags = np.zeros((len(priority), 2, 64 * n_words(len(type_of))), dtype=np.bool_)
    flags[:, FAVOURED, : len(type_of)] = priority[:, type_of] > 0
    flags[:, AVOIDED, : len(type_of)] = priority[:, type_of] < 0
    return _packed(flags)

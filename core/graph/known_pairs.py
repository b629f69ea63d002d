"""What a graph holds of its candidate pairs, and what two graphs hold of the pairs that both could hold.

Graphs of one catalogue share every pair. Graphs of two catalogues share the pairs of the attributes that both have: the
same value in the same modality. Other ids, types and facts do not make it another attribute for a person who reads the
pair; a judge may have been told other facts, so their number is kept.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Attribute, Catalogue
from core.errors import ValenceError
from core.graph.model import SignedGraph, VerdictTable
from core.graph.pair_table import PairTable

Table = PairTable | VerdictTable | SignedGraph


class KnownPairs(NamedTuple):
    """Columns of length P, sorted by (source, target), each pair once.

    `source`, `target`: int32 positions, `source < target`; `outcome`: int8 `Outcome`; `row`: int32, where the pair
    stands in the graph's own table.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    outcome: NDArray[np.int8]
    row: NDArray[np.int32]

    def keys(self, n: int) -> NDArray[np.int64]:
        """One number per pair of a catalogue of n attributes, ascending."""
        return self.source.astype(np.int64) * n + self.target


@dataclass(frozen=True, eq=False)
class CommonGround:
    """Two graphs a and b, each as far as the other could hold the pair too.

    `catalogue`: the attributes of a's catalogue that b's has as well, in a's order; the pairs are between positions in
    it. `position_a`: int32 [N], where each of them stands in a's own catalogue. `n_only_a`, `n_only_b`: attributes that
    one catalogue alone has; `n_other_facts`: common attributes with another type or other facts in b's catalogue.
    """

    catalogue: Catalogue
    position_a: NDArray[np.int32]
    a: KnownPairs
    b: KnownPairs
    n_only_a: int = 0
    n_only_b: int = 0
    n_other_facts: int = 0


def known_pairs(table: Table) -> KnownPairs:
    """Everything that a table lists, as positions in its own catalogue."""
    outcome = table.sign if isinstance(table, SignedGraph) else table.outcome
    return KnownPairs(table.source, table.target, outcome, np.arange(len(table.source), dtype=np.int32))


def merged_keys(a: KnownPairs, b: KnownPairs, n: int) -> NDArray[np.int64]:
    """The keys of every pair that one of the two lists, ascending, each once.

    A stable sort merges what is sorted already; `np.union1d` takes ten times as long on a million pairs.
    """
    keys = np.sort(np.concatenate([a.keys(n), b.keys(n)]), kind="stable")
    is_first = np.append(True, np.diff(keys) > 0)[: len(keys)]
    merged: NDArray[np.int64] = keys[is_first]
    return merged


def common_ground(catalogue_a: Catalogue, a: Table, catalogue_b: Catalogue, b: Table) -> CommonGround:
    """Cut two tables down to the pairs that both catalogues have; `ValenceError` where there is none."""
    if catalogue_a.id == catalogue_b.id:
        return CommonGround(catalogue_a, _numbers(len(catalogue_a)), known_pairs(a), known_pairs(b))
    position_b = _positions_in(catalogue_b, catalogue_a)
    of_a = np.flatnonzero(position_b >= 0).astype(np.int32)
    of_b = position_b[of_a]
    catalogue = Catalogue(tuple(catalogue_a.attributes[i] for i in of_a.tolist()))
    if not catalogue.n_pairs:
        raise ValenceError(
            "These graphs have no pair in common: their catalogues share "
            f"{len(catalogue)} attribute{'s' * (len(catalogue) != 1)}, and none of two kinds that could make a pair.",
            "Choose graphs whose catalogues name the same attributes (the same value and modality).",
        )
    others = (catalogue_b.attributes[i] for i in of_b.tolist())
    return CommonGround(
        catalogue,
        of_a,
        _moved(known_pairs(a), of_a, len(catalogue_a)),
        _moved(known_pairs(b), of_b, len(catalogue_b)),
        n_only_a=len(catalogue_a) - len(catalogue),
        n_only_b=len(catalogue_b) - len(catalogue),
        n_other_facts=sum(map(_differ, catalogue.attributes, others)),
    )


def _positions_in(catalogue: Catalogue, other: Catalogue) -> NDArray[np.int32]:
    """Where each attribute of `other` stands in `catalogue`, -1 where it does not: values are unique in a modality."""
    place = {(a.modality, a.value): i for i, a in enumerate(catalogue.attributes)}
    return np.array([place.get((a.modality, a.value), -1) for a in other.attributes], dtype=np.int32)


def _differ(one: Attribute, other: Attribute) -> bool:
    return (one.attribute_type, dict(one.facts)) != (other.attribute_type, dict(other.facts))


def _moved(known: KnownPairs, kept: NDArray[np.int32], n: int) -> KnownPairs:
    """The pairs between the `kept` positions of a catalogue of n, renumbered by their place among them."""
    place = np.full(n, -1, dtype=np.int32)
    place[kept] = _numbers(len(kept))
    source, target = place[known.source], place[known.target]
    inside = np.flatnonzero((source >= 0) & (target >= 0))
    low, high = np.minimum(source, target)[inside], np.maximum(source, target)[inside]
    order = np.lexsort((high, low))
    rows = inside[order]
    return KnownPairs(low[order], high[order], known.outcome[rows], known.row[rows])


def _numbers(n: int) -> NDArray[np.int32]:
    return np.arange(n, dtype=np.int32)

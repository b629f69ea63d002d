"""How far the structure of a graph speaks against a verdict: by its sibling pairs, and by the balance of its triangles.

Both are told in bits: log2 of how much rarer something is around the pair than in the whole graph, the outcome among
its siblings and balance among its triangles. 0 means that the structure says nothing, 3 that it is eight times rarer.
Since the outcome is measured against how common it is at all, a rare sign is no surprise just for being rare. Each
share is drawn towards that of the graph as if by `PRIOR_PAIRS` more pairs, so that few siblings say little.

Siblings of a pair are the other judged pairs between the same two groups. A triangle is balanced when the product of
its signs is + (Cartwright & Harary, Psychological Review 63, 1956).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.graph.balance import triangle_balance
from core.graph.grouping import Grouping
from core.graph.model import SignedGraph

PRIOR_PAIRS: Final = 2.0


@dataclass(frozen=True, eq=False)
class Surprise:
    """What speaks against P verdicts. `siblings`: int64 [P, 3], other judged pairs of the same two groups by outcome
    (-, neutral, +); `balanced`, `unbalanced`: int64 [P], triangles of signed pairs through the pair, 0 for a neutral
    one; `bits`: float64 [P], how much rarer the outcome is here, siblings and triangles added.

    `is_against`: bool [P], whether the structure prefers another outcome: the bits are above 0 and another outcome is
    more frequent among the siblings, or more triangles are unbalanced than balanced.
    """

    siblings: NDArray[np.int64]
    balanced: NDArray[np.int64]
    unbalanced: NDArray[np.int64]
    bits: NDArray[np.float64]
    is_against: NDArray[np.bool_]


def measure_surprise(
    grouping: Grouping, source: NDArray[np.int32], target: NDArray[np.int32], outcome: NDArray[np.int8]
) -> Surprise:
    """Measure P judged pairs of the grouping's catalogue: positions int32, sorted by (source, target), each pair once,
    and outcomes -1, 0 or +1.

    The pairs are the whole graph: they are each other's siblings and make the triangles.
    """
    siblings = sibling_counts(grouping.group, source, target, outcome)
    balanced, unbalanced = _triangles(grouping.catalogue, source, target, outcome)
    own = np.take_along_axis(siblings, outcome.astype(np.int64)[:, None] + 1, axis=1)[:, 0]
    n_triangles = balanced + unbalanced
    among_siblings = _bits(own, siblings.sum(axis=1), _shares(outcome))
    usual = balanced.sum() / max(int(n_triangles.sum()), 1)
    in_triangles = _bits(balanced, n_triangles, np.full(len(outcome), usual))
    bits = among_siblings + in_triangles
    is_outvoted = (own < siblings.max(axis=1, initial=0)) & (among_siblings > 0)
    is_unbalanced = (unbalanced > balanced) & (in_triangles > 0)
    return Surprise(siblings, balanced, unbalanced, bits, (bits > 0) & (is_outvoted | is_unbalanced))


def sibling_counts(
    group: NDArray[np.int32], source: NDArray[np.int32], target: NDArray[np.int32], outcome: NDArray[np.int8]
) -> NDArray[np.int64]:
    """Other pairs between the same two groups by outcome (-, neutral, +), int64 [P, 3]."""
    ends = np.sort(np.stack([group[source], group[target]]).astype(np.int64), axis=0)
    block = np.unique(ends[0] * (int(group.max(initial=0)) + 1) + ends[1], return_inverse=True)[1]
    column = outcome.astype(np.int64) + 1
    cells = np.bincount(block * 3 + column, minlength=3 * (int(block.max(initial=-1)) + 1))
    counts = cells.reshape(-1, 3)[block].astype(np.int64)
    counts[np.arange(len(column)), column] -= 1
    return counts


def _triangles(
    catalogue: Catalogue, source: NDArray[np.int32], target: NDArray[np.int32], outcome: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Balanced and unbalanced triangles through each pair, int64 [P] each; 0 for a pair without a sign."""
    signed = np.flatnonzero(outcome != 0)
    balance = triangle_balance(SignedGraph(catalogue, source[signed], target[signed], outcome[signed]))
    balanced, unbalanced = np.zeros((2, len(outcome)), dtype=np.int64)
    balanced[signed], unbalanced[signed] = balance.balanced, balance.unbalanced
    return balanced, unbalanced


def _shares(outcome: NDArray[np.int8]) -> NDArray[np.float64]:
    """For each pair, the share of all pairs that have its outcome."""
    column = outcome.astype(np.int64) + 1
    shares: NDArray[np.float64] = (np.bincount(column, minlength=3) / max(len(column), 1))[column]
    return shares


def _bits(hits: NDArray[np.int64], trials: NDArray[np.int64], usual: NDArray[np.float64]) -> NDArray[np.float64]:
    """log2(usual share / share here); 0 without trials, and where the usual share is 0 and nothing can be rarer."""
    here = (hits + PRIOR_PAIRS * usual) / (trials + PRIOR_PAIRS)
    is_known = here > 0
    return np.where(is_known, np.log2(np.where(is_known, usual / np.where(is_known, here, 1), 1)), 0.0)

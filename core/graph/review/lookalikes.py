"""Look-alikes of a pair: unreviewed pairs with the same verdict whose ends are like its own, to decide in one step.

Two attributes of one group are as alike as the cosine of what is known of them, or, where nothing is known of one of
them, of their edges (rows of the sign matrix). An attribute is like itself, so a pair may share an end with the first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.attribute_vectors import normalised
from core.graph.grouping import Grouping
from core.graph.model import Outcome
from core.graph.review.policies import JudgedPairs
from core.graph.review.queue_settings import JUDGED
from core.store.review_log import PairEnds

MOST_OFFERED: Final = 25
LEAST_LIKENESS: Final = 0.5


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A pair that a decision may be repeated on: attribute ids in the order of the catalogue, how alike the less alike
    of its ends is (0.5..1), and why it is offered.
    """

    source: str
    target: str
    likeness: float
    why: str


@dataclass(frozen=True, eq=False)
class AlikePairs:
    """What look-alikes of a graph's pairs are found by. `traits`: float32 [N, D], rows of length 1, or zeros where
    nothing is known; `profiles`: float32 [N, N], rows of the sign matrix scaled to length 1.
    """

    pairs: JudgedPairs
    grouping: Grouping
    traits: NDArray[np.float32]
    profiles: NDArray[np.float32]


class _Likeness(NamedTuple):
    """Of one attribute to K others, float64 [K], and whether it is by known facts, bool [K]."""

    amount: NDArray[np.float64]
    is_by_facts: NDArray[np.bool_]


_End = tuple[int, NDArray[np.int32], _Likeness]  # a position, those in its place, and how like it they are


def alike_pairs(pairs: JudgedPairs, grouping: Grouping, traits: NDArray[np.float32]) -> AlikePairs:
    """Prepare a graph for `look_alikes`; `traits` as `core.graph.attribute_vectors.trait_vectors` makes them."""
    signed = np.isin(pairs.outcome, (Outcome.POSITIVE, Outcome.NEGATIVE))
    signs = np.zeros((len(pairs.catalogue),) * 2, dtype=np.float32)
    source, target = pairs.source[signed], pairs.target[signed]
    signs[source, target] = signs[target, source] = pairs.outcome[signed]
    return AlikePairs(pairs, grouping, traits, normalised(signs))


def look_alikes(
    alike: AlikePairs,
    source: str,
    target: str,
    reviewed: Collection[tuple[str, str]],
    most: int = MOST_OFFERED,
) -> tuple[LookAlike, ...]:
    """At most `most` pairs like that of two attribute ids, the most alike first; none where the judge gave no answer.

    Each has the judge's verdict of that pair, lies between the same two groups, is not among `reviewed` (ids in the
    order of the catalogue), and both of its ends are at least `LEAST_LIKENESS` like those of the pair.
    """
    pairs, position_of = alike.pairs, alike.pairs.catalogue.position_of
    first, second = sorted((position_of[source], position_of[target]))
    own = np.flatnonzero((pairs.source == first) & (pairs.target == second))
    if not len(own) or pairs.outcome[own[0]] not in JUDGED:
        return ()
    rows = np.setdiff1d(_same_block(alike, first, second, int(pairs.outcome[own[0]])), own)
    is_straight = alike.grouping.group[pairs.source[rows]] == alike.grouping.group[first]
    at_first = np.where(is_straight, pairs.source[rows], pairs.target[rows])
    at_second = np.where(is_straight, pairs.target[rows], pairs.source[rows])
    like_first, like_second = _likeness(alike, first, at_first), _likeness(alike, second, at_second)
    likeness = np.minimum(like_first.amount, like_second.amount)
    best_first = [p for p in np.lexsort((rows, -likeness)).tolist() if likeness[p] >= LEAST_LIKENESS]
    ids = {place: PairEnds(*(end.id for end in pairs.ends(int(rows[place])))) for place in best_first}
    chosen = [place for place in best_first if ids[place] not in reviewed][:most]
    ends = ((first, at_first, like_first), (second, at_second, like_second))
    return tuple(
        LookAlike(ids[place].source, ids[place].target, float(likeness[place]), _why(alike, ends, place))
        for place in chosen
    )


def _same_block(alike: AlikePairs, first: int, second: int, outcome: int) -> NDArray[np.int64]:
    """Rows of an outcome between the groups of two positions, either group first."""
    group, pairs = alike.grouping.group, alike.pairs
    source, target = group[pairs.source], group[pairs.target]
    between = (source == group[first]) & (target == group[second])
    between |= (source == group[second]) & (target == group[first])
    return np.flatnonzero(between & (pairs.outcome == outcome))


def _likeness(alike: AlikePairs, one: int, others: NDArray[np.int32]) -> _Likeness:
    is_known: NDArray[np.bool_] = np.any(alike.traits, axis=1)
    is_by_facts = is_known[others] & is_known[one]
    by_facts, by_edges = (vectors[others] @ vectors[one] for vectors in (alike.traits, alike.profiles))
    amount = np.where(is_by_facts, by_facts, by_edges).astype(np.float64).round(6)
    return _Likeness(np.where(others == one, 1.0, amount), is_by_facts)


def _why(alike: AlikePairs, ends: tuple[_End, ...], place: int) -> str:
    """Which end is the same, and how alike the others are."""
    attributes = alike.pairs.catalogue.attributes
    parts = []
    for old, new, like in ends:
        if old == new[place]:
            parts.append(f"{attributes[old].value} again")
        else:
            what = "known facts" if like.is_by_facts[place] else "edges"
            names = f"{attributes[new[place]].value} is like {attributes[old].value}"
            parts.append(f"{names} (likeness {like.amount[place]:.2f} by {what})")
    return f"{'; '.join(parts)}; the judge said the same of both pairs."

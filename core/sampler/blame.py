"""Why a label is not met: which of its bounds conflict, which quota would help, and which modalities lack edges.

All of it rests on searches. A conflict says that nothing was found inside those bounds, never that nothing is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from core.graph.model import SignedGraph
from core.sampler.configuration import LabelParams
from core.sampler.encoding import Encoding, label_box, with_quotas
from core.sampler.feasibility import Closest
from core.sampler.kernels import HI, LO, N_NODES, NEG_MAX, NEG_MIN, POS_MAX, POS_MIN
from core.sampler.pair_density import PairDensity, pair_densities
from core.sampler.reach import Box, Effort, SearchResult, open_box, search_box

_QUICK = Effort(starts=4, proposals=6_000)
_MOST_LACKING = 5


class Bound(StrEnum):
    """One end of one of a label's two ranges."""

    POS_LEAST = "pos_frac at least"
    POS_MOST = "pos_frac at most"
    NEG_LEAST = "neg_frac at least"
    NEG_MOST = "neg_frac at most"


_ROW = {Bound.POS_LEAST: POS_MIN, Bound.POS_MOST: POS_MAX, Bound.NEG_LEAST: NEG_MIN, Bound.NEG_MOST: NEG_MAX}


@dataclass(frozen=True, slots=True)
class BoundValue:
    """A bound of a label and its value (0..1)."""

    bound: Bound
    value: float


@dataclass(frozen=True, slots=True)
class Repair:
    """A quota changed by one, with which a row inside the label's ranges was found."""

    attribute_type: str
    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Blame:
    """What stands in a label's way.

    `conflict`: the smallest set of its bounds within which nothing was found; `closest`: the nearest subgraph under
    all bounds; `repairs`: quotas that help when relaxed by one; `lacking`: the modality pairs that fall short of the
    sign which the conflict asks for, the costliest first (empty where the conflict only caps a sign).
    """

    conflict: tuple[BoundValue, ...]
    closest: Closest
    repairs: tuple[Repair, ...]
    lacking: tuple[PairDensity, ...]
    n_proposals: int


def explain_label(graph: SignedGraph, encoding: Encoding, params: LabelParams, seed: int = 0) -> Blame | None:
    """Search for what stands in the way of a label; None when a row inside its ranges is found after all."""
    box = label_box(encoding.max_size, params)
    whole = search_box(encoding, box, seed, "blame", _QUICK)
    if whole.found:
        return None
    bounds = bounds_of(params)
    conflict, tried = _smallest_conflict(encoding, box, bounds, seed)
    repairs = []
    for repair, relaxed in _relaxed(encoding):
        result = search_box(relaxed, label_box(relaxed.max_size, params), seed, "blame", _QUICK)
        tried.append(result)
        if result.found:
            repairs.append(repair)
    return Blame(
        conflict=conflict,
        closest=whole.closest,
        repairs=tuple(repairs),
        lacking=_lacking(graph, encoding, conflict),
        n_proposals=whole.n_proposals + sum(result.n_proposals for result in tried),
    )


def bounds_of(params: LabelParams) -> tuple[BoundValue, ...]:
    """The bounds of a label that ask for anything: 0 at least and 1 at most ask for nothing."""
    (pos_low, pos_high), (neg_low, neg_high) = params.pos_frac_range, params.neg_frac_range
    every = (
        BoundValue(Bound.POS_LEAST, pos_low),
        BoundValue(Bound.POS_MOST, pos_high),
        BoundValue(Bound.NEG_LEAST, neg_low),
        BoundValue(Bound.NEG_MOST, neg_high),
    )
    idle = {Bound.POS_LEAST: 0.0, Bound.NEG_LEAST: 0.0, Bound.POS_MOST: 1.0, Bound.NEG_MOST: 1.0}
    return tuple(bound for bound in every if bound.value != idle[bound.bound])


def _smallest_conflict(
    encoding: Encoding, box: Box, bounds: tuple[BoundValue, ...], seed: int
) -> tuple[tuple[BoundValue, ...], list[SearchResult]]:
    """The first set of bounds, by size, that no search gets inside; all of them where each smaller set is met."""
    tried = []
    for size in range(1, len(bounds)):
        for subset in combinations(bounds, size):
            part = open_box(encoding.max_size)
            for bound in subset:
                part[_ROW[bound.bound]] = box[_ROW[bound.bound]]
            tried.append(search_box(encoding, part, seed, "blame", _QUICK))
            if not tried[-1].found:
                return subset, tried
    return bounds, tried


def _relaxed(encoding: Encoding) -> Iterator[tuple[Repair, Encoding]]:
    """Every quota one lower at its minimum or one higher at its maximum, as far as there are attributes."""
    lo, hi = (encoding.arrays.types[:, column] for column in (LO, HI))
    for number, name in enumerate(encoding.types):
        low, high = int(lo[number]), int(hi[number])
        here = np.arange(len(lo)) == number
        for after in ((low - 1, high), (low, high + 1)):
            if after[0] >= 0 and after[1] <= encoding.arrays.types[number, N_NODES]:
                relaxed = with_quotas(encoding, np.where(here, after[0], lo), np.where(here, after[1], hi))
                yield Repair(name, (low, high), after), relaxed


def _lacking(graph: SignedGraph, encoding: Encoding, conflict: tuple[BoundValue, ...]) -> tuple[PairDensity, ...]:
    """By share of a row's pairs times what is missing there to the fraction asked for."""
    wanted = {bound.bound: bound.value for bound in conflict}
    low, high = (encoding.arrays.types[:, column].tolist() for column in (LO, HI))
    quotas = dict(zip(encoding.types, zip(low, high, strict=True), strict=True))

    def shortfall(pair: PairDensity) -> float:
        missing = max(wanted.get(Bound.POS_LEAST, 0.0) - pair.positive, 0.0)
        return pair.share_of_row * (missing + max(wanted.get(Bound.NEG_LEAST, 0.0) - pair.negative, 0.0))

    ranked = sorted(pair_densities(graph, quotas), key=shortfall, reverse=True)
    return tuple(pair for pair in ranked if shortfall(pair) > 0)[:_MOST_LACKING]

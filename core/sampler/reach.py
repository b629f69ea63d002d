"""How far a graph's fractions reach under given quotas: a short search for any box, and the extremes it finds.

What is found exists; what is not found may exist all the same. So a reach is always a lower estimate of the true one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.sampler import kernels
from core.sampler.encoding import Encoding, stream_key, with_quotas
from core.sampler.feasibility import Closest
from core.sampler.fractions import fractions, n_pairs
from core.sampler.kernels import LO, NEG_MAX, NEG_MIN, POS_MAX, POS_MIN, ChainPlan
from core.sampler.row_search import find_rows

Box = NDArray[np.int64]
_ROUNDING = 1e-9


class Effort(NamedTuple):
    """How long to search one box: so many starts, each annealed for so many proposals (some 40 ns each)."""

    starts: int = 10
    proposals: int = 8_000
    start_temp: float = 0.05
    end_temp: float = 0.002


USUAL = Effort()
THOROUGH = Effort(starts=24)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Whether a subgraph inside a box was found, and the closest one (itself, where it was found)."""

    found: bool
    closest: Closest
    n_proposals: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The least and greatest fractions found: subgraphs beyond them may exist, but the search met none."""

    pos_min: float
    pos_max: float
    neg_min: float
    neg_max: float


class FrontierPoint(NamedTuple):
    """The greatest pos_frac found among subgraphs with neg_frac at most `neg_frac`."""

    neg_frac: float
    pos_frac: float


def search_box(encoding: Encoding, box: Box, seed: int, purpose: str, effort: Effort = USUAL) -> SearchResult:
    """Anneal towards a box (int64 [4, max_size + 1], see `label_box`) from several starts, until one lies inside."""
    cooling = (effort.end_temp / effort.start_temp) ** (1 / max(effort.proposals - 1, 1))
    plan = ChainPlan(
        max_draws=1,
        max_attempts=effort.starts,
        max_iters=effort.proposals,
        proposals_per_step=1,
        patience=effort.proposals,
        start_temp=effort.start_temp,
        cooling=cooling,
    )
    facts = find_rows(encoding.arrays, box, plan, stream_key(seed, "reach", purpose), range(1)).facts
    size, pos, neg = (facts[0, column] for column in (kernels.BEST_SIZE, kernels.BEST_POS, kernels.BEST_NEG))
    at = fractions(size, pos, neg)
    closest = Closest(int(size), float(at.pos_frac), float(at.neg_frac))
    return SearchResult(bool(facts[0, kernels.FOUND]), closest, int(facts[0, kernels.PROPOSALS]))


def open_box(max_size: int) -> Box:
    """A box that every subgraph lies in."""
    pairs = n_pairs(np.arange(max_size + 1))
    nothing = np.zeros_like(pairs)
    return np.stack((nothing, pairs, nothing, pairs))


def find_reach(encoding: Encoding, seed: int = 0, effort: Effort = USUAL) -> Reach:
    """Search for the least and the greatest of both fractions, each on its own."""
    pairs = n_pairs(np.arange(encoding.max_size + 1))
    ends = {}
    for name, bound in (("pos_min", POS_MAX), ("pos_max", POS_MIN), ("neg_min", NEG_MAX), ("neg_max", NEG_MIN)):
        box = open_box(encoding.max_size)
        box[bound] = 0 if bound in (POS_MAX, NEG_MAX) else pairs
        fraction = "pos_frac" if bound in (POS_MAX, POS_MIN) else "neg_frac"
        found = [getattr(closest, fraction) for closest in _closest(encoding, box, seed, name, effort)]
        ends[name] = min(found) if bound in (POS_MAX, NEG_MAX) else max(found)
    return Reach(**ends)


def find_frontier(
    encoding: Encoding, neg_fracs: tuple[float, ...], seed: int = 0, effort: Effort = THOROUGH
) -> tuple[FrontierPoint, ...]:
    """Search for the greatest pos_frac under each cap on neg_frac; a cap that no subgraph was found under is left out.

    Caps are taken in ascending order and a point never lies below the one before it, since caps contain each other.
    """
    points: list[FrontierPoint] = []
    pairs = n_pairs(np.arange(encoding.max_size + 1))
    for cap in sorted(neg_fracs):
        box = open_box(encoding.max_size)
        box[POS_MIN], box[NEG_MAX] = pairs, np.floor(cap * pairs + _ROUNDING)
        found = _closest(encoding, box, seed, f"frontier {cap}", effort)
        within = [closest.pos_frac for closest in found if closest.neg_frac <= cap + _ROUNDING]
        if within:
            points.append(FrontierPoint(cap, max(within + [point.pos_frac for point in points[-1:]])))
    return tuple(points)


def _closest(encoding: Encoding, box: Box, seed: int, purpose: str, effort: Effort) -> list[Closest]:
    """The best under the quotas, and under their minima alone: extremes lie in small rows, where pairs are few."""
    found = [search_box(encoding, box, seed, purpose, effort).closest]
    if 2 <= encoding.min_size < encoding.max_size:
        least = encoding.arrays.types[:, LO]
        found.append(search_box(with_quotas(encoding, least, least), box, seed, f"{purpose} small", effort).closest)
    return found

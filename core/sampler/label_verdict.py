"""How hard each label is to meet, before any row of it is drawn."""

from dataclasses import dataclass
from enum import StrEnum

from core.sampler.configuration import LabelParams
from core.sampler.density import Density, share_in_ranges
from core.sampler.encoding import Encoding, label_box
from core.sampler.feasibility import Closest, missed_bounds, proof_of_infeasibility
from core.sampler.label_search import REJECTION_SHARE
from core.sampler.reach import Effort, search_box

N_STARTS = 12
OFTEN = 0.5  # of the starts: below, a label is nearly infeasible
_ONE_START = Effort(starts=1)


class Ease(StrEnum):
    """How hard a label is: random subgraphs meet it, a search meets it, hardly, not at all, or quotas forbid it."""

    EASY = "easy"
    RARE = "rare"
    NEARLY_INFEASIBLE = "nearly infeasible"
    NOT_FOUND = "not found"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class LabelVerdict:
    """The verdict on one label and what it rests on.

    `random_share`: of random subgraphs inside the ranges (0..1); `found_share`: of searches that found a subgraph
    inside, None where none was needed; `closest`: the nearest subgraph met by the searches and `missed` the bounds it
    breaks, None and empty where one was found; `proof`: why no row can exist, of IMPOSSIBLE only.
    """

    label: str
    ease: Ease
    random_share: float
    found_share: float | None = None
    closest: Closest | None = None
    missed: tuple[str, ...] = ()
    proof: str = ""


def judge_label(encoding: Encoding, density: Density, label: str, params: LabelParams, seed: int = 0) -> LabelVerdict:
    """Judge by the random subgraphs at hand, and by a short search where they say too little."""
    share = share_in_ranges(density, {label: params})[label]
    if share >= REJECTION_SHARE:
        return LabelVerdict(label, Ease.EASY, share)
    box = label_box(encoding.max_size, params)
    if proof := proof_of_infeasibility(encoding, box):
        return LabelVerdict(label, Ease.IMPOSSIBLE, share, proof=proof)
    tries = [search_box(encoding, box, seed, f"verdict {number}", _ONE_START) for number in range(N_STARTS)]
    found = sum(result.found for result in tries) / N_STARTS
    if found:
        return LabelVerdict(label, Ease.RARE if found >= OFTEN else Ease.NEARLY_INFEASIBLE, share, found)
    nearest = min((result.closest for result in tries), key=lambda closest: distance_to(closest, params))
    return LabelVerdict(label, Ease.NOT_FOUND, share, 0.0, nearest, missed_bounds(nearest, params))


def distance_to(closest: Closest, params: LabelParams) -> float:
    """How far a subgraph's fractions are outside a label's ranges, both added up; 0 inside."""
    ends = ((closest.pos_frac, params.pos_frac_range), (closest.neg_frac, params.neg_frac_range))
    return sum(max(low - value, value - high, 0.0) for value, (low, high) in ends)

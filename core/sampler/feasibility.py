"""Why a label cannot be met: proofs from the quotas where there are any, else the closest subgraph found."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Infeasible
from core.sampler.configuration import LabelParams
from core.sampler.encoding import Encoding
from core.sampler.fractions import fractions, n_pairs
from core.sampler.kernels import HI, LO, NEG_MAX, NEG_MIN, POS_MAX, POS_MIN

_FRACTION = {"+": "pos_frac", "-": "neg_frac"}


@dataclass(frozen=True, slots=True)
class Closest:
    """The subgraph nearest to a label's ranges: its size and fractions."""

    size: int
    pos_frac: float
    neg_frac: float


class UnmetLabel(Infeasible):
    """A label for which no row, or not every row, was found; `proven` only where the quotas forbid it."""

    def __init__(self, label: str, reason: str, closest: Closest, missed: tuple[str, ...], proven: bool) -> None:
        self.label, self.closest, self.missed, self.proven = label, closest, missed, proven
        fracs = f"pos_frac {closest.pos_frac:.4g} and neg_frac {closest.neg_frac:.4g}"
        found = f"The closest of the subgraphs tried has {fracs}"
        shortfall = f": {', '.join(missed)}." if missed else "."
        super().__init__(
            f"Label {label!r} {reason} {found}{shortfall}",
            "Widen that range, change type_ranges, or look at the density to see what this graph offers.",
        )


def closest_of(size: NDArray[Any], pos: NDArray[Any], neg: NDArray[Any], box: NDArray[np.int64]) -> Closest:
    """The first of R subgraphs (whole numbers [R]) with the least share of pairs outside the box."""
    off = (
        np.maximum(box[POS_MIN, size] - pos, 0)
        + np.maximum(pos - box[POS_MAX, size], 0)
        + np.maximum(box[NEG_MIN, size] - neg, 0)
        + np.maximum(neg - box[NEG_MAX, size], 0)
    )
    best = int(np.argmin(off / np.maximum(n_pairs(size), 1)))
    found = fractions(size[best], pos[best], neg[best])
    return Closest(int(size[best]), float(found.pos_frac), float(found.neg_frac))


def missed_bounds(closest: Closest, params: LabelParams) -> tuple[str, ...]:
    """One phrase per bound that the subgraph breaks, `pos_frac 0.31 is below 0.45`; empty when it breaks none."""
    phrases = []
    for name, value, (low, high) in (
        ("pos_frac", closest.pos_frac, params.pos_frac_range),
        ("neg_frac", closest.neg_frac, params.neg_frac_range),
    ):
        if value < low:
            phrases.append(f"{name} {value:.4g} is below {low:.4g}")
        if value > high:
            phrases.append(f"{name} {value:.4g} is above {high:.4g}")
    return tuple(phrases)


def proof_of_infeasibility(encoding: Encoding, box: NDArray[np.int64]) -> str:
    """A sentence when no row of any allowed size can meet the label, whatever its attributes; else the empty text.

    Uses whole numbers of pairs, the edges there are at all, and that no edge joins attributes of one modality. An
    empty answer does not say that the label can be met.
    """
    sizes = np.arange(encoding.min_size, encoding.max_size + 1)
    joinable = most_joinable_pairs(encoding)[sizes]
    pos_min, pos_max = box[POS_MIN, sizes], np.minimum(box[POS_MAX, sizes], encoding.n_positive)
    neg_min, neg_max = box[NEG_MIN, sizes], np.minimum(box[NEG_MAX, sizes], encoding.n_negative)
    rows = f"rows of {sizes[0]} to {sizes[-1]} attributes" if len(sizes) > 1 else f"rows of {sizes[0]} attributes"
    for sign, least, n_edges in (("+", pos_min, encoding.n_positive), ("-", neg_min, encoding.n_negative)):
        if n_edges == 0 and np.all(least > 0):
            return f"{_why_no_edge(encoding, sign)}, and its {_FRACTION[sign]} must not be 0."
    if np.all(pos_min > pos_max):
        return f"no whole number of + edges that this graph has meets pos_frac in {rows}."
    if np.all(neg_min > neg_max):
        return f"no whole number of - edges that this graph has meets neg_frac in {rows}."
    if np.all((pos_min > pos_max) | (neg_min > neg_max) | (pos_min + neg_min > joinable)):
        share = float(np.max(joinable / np.maximum(n_pairs(sizes), 1)))
        return (
            f"at most {share:.4g} of the pairs in {rows} can carry an edge, since attributes of one modality have none "
            "between them; the minima of pos_frac and neg_frac ask for more."
        )
    return ""


def _why_no_edge(encoding: Encoding, sign: str) -> str:
    if len(np.unique(encoding.modality_of_type)) == 1:
        return "all types in type_ranges belong to one modality, and no edge joins attributes of one modality"
    return f"the graph has no {sign} edge between attributes of the types in type_ranges"


def most_joinable_pairs(encoding: Encoding) -> NDArray[np.int64]:
    """By row size 0..max, the most pairs of different modalities a row can have under its quotas (0 if no such row)."""
    modalities = np.unique(encoding.modality_of_type, return_inverse=True)[1]
    count = np.bincount(modalities, weights=encoding.arrays.types[:, LO]).astype(np.int64)
    most = np.bincount(modalities, weights=encoding.arrays.types[:, HI]).astype(np.int64)
    joinable = np.zeros(encoding.max_size + 1, dtype=np.int64)
    for size in range(encoding.min_size, encoding.max_size + 1):
        joinable[size] = n_pairs(size) - int(n_pairs(count).sum())
        open_ones = np.flatnonzero(count < most)
        if len(open_ones):
            # Filling the smallest modality first keeps the pairs within modalities fewest at every size.
            count[open_ones[np.argmin(count[open_ones])]] += 1
    return joinable

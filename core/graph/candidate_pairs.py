"""Candidate pairs of a catalogue as arrays of positions: all of them, and whether some are what they should be."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem, ValenceError

_N_SHOWN = 3  # pairs named in a refusal


class Pairs(NamedTuple):
    """P unordered pairs by their ends: int32 catalogue positions [P] each."""

    source: NDArray[np.int32]
    target: NDArray[np.int32]


def all_pairs(catalogue: Catalogue) -> Pairs:
    """Every cross-modality pair, the smaller position first, sorted."""
    groups = [np.array(positions, dtype=np.int32) for positions in catalogue.positions_by_modality.values()]
    empty = np.zeros(0, dtype=np.int32)
    one = np.concatenate([empty, *(np.repeat(a, len(b)) for a, b in combinations(groups, 2))])
    other = np.concatenate([empty, *(np.tile(b, len(a)) for a, b in combinations(groups, 2))])
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((high, low))
    return Pairs(low[order], high[order])


def check_pairs(catalogue: Catalogue, source: NDArray[np.int32], target: NDArray[np.int32]) -> None:
    """`InvalidInput` unless the P pairs are of known positions, of two modalities each, and none comes twice."""
    if len(source) != len(target):
        raise ValenceError(f"{len(source)} sources and {len(target)} targets make no pairs.", "Give as many of each.")
    ends = np.stack([source, target]).astype(np.int64)
    is_unknown = ((ends < 0) | (ends >= len(catalogue))).any(axis=0)
    known = np.flatnonzero(~is_unknown)
    low, high = ends[:, known].min(axis=0), ends[:, known].max(axis=0)
    modality = modality_numbers(catalogue)
    is_alike = modality[low] == modality[high]
    order = np.lexsort((high, low))
    is_again = np.zeros(len(known), dtype=np.bool_)
    is_again[order[1:]] = (np.diff(low[order]) == 0) & (np.diff(high[order]) == 0)
    problems = []
    if is_unknown.any():
        named = ", ".join(f"{a}-{b}" for a, b in ends[:, is_unknown].T[:_N_SHOWN].tolist())
        problems.append(
            Problem(
                f"{np.count_nonzero(is_unknown)} pairs name positions that the catalogue of {len(catalogue)} does not "
                f"have: {named}.",
                "Take the pairs from this catalogue.",
            )
        )
    for is_bad, fault, fix in (
        (is_alike, "join attributes of one modality", "Only attributes of two modalities make a candidate pair."),
        (is_again, "come more than once", "Give each pair once, in either order."),
    ):
        if is_bad.any():
            named = _named(catalogue, low[is_bad][:_N_SHOWN], high[is_bad][:_N_SHOWN])
            problems.append(Problem(f"{np.count_nonzero(is_bad)} pairs {fault}: {named}.", fix))
    if problems:
        raise InvalidInput("These pairs cannot be planned", problems)


def modality_numbers(catalogue: Catalogue) -> NDArray[np.int32]:
    """Number of each attribute's modality, int32 [N], in order of first appearance."""
    numbers = np.zeros(len(catalogue), dtype=np.int32)
    for number, positions in enumerate(catalogue.positions_by_modality.values()):
        numbers[list(positions)] = number
    return numbers


def _named(catalogue: Catalogue, low: NDArray[np.int64], high: NDArray[np.int64]) -> str:
    ids = [attribute.id for attribute in catalogue.attributes]
    return ", ".join(f"{ids[a]!r} with {ids[b]!r}" for a, b in zip(low.tolist(), high.tolist(), strict=True))

"""Call plans: which primary attribute is asked with which numbered targets, before any call is made.

A judge call asks one primary attribute against at most `batch_size` targets. Every cross-modality pair is asked exactly
once, so choosing the primary end of each pair orients the complete multipartite graph of candidate pairs, and
a plan costs sum over attributes of ceil(out-degree / batch_size).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.orientation import orient_for_few_calls

DEFAULT_BATCH_SIZE = 25
MAX_PAIRS = 1_500_000  # about 60,000 calls, planned in a few seconds


class PlanMethod(StrEnum):
    """`packed`: near the fewest calls possible. `published`: one modality pair per call, larger side as primary."""

    PACKED = "packed"
    PUBLISHED = "published"


class PlannedCall(NamedTuple):
    """Call `number` (0-based) asks attribute `primary` about `targets`; all are catalogue positions."""

    number: int
    primary: int
    targets: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class CallPlan:
    """All calls of a run as columns: `primary` int32 [C]; call c asks `targets[start[c]:start[c + 1]]`, int32 [P]."""

    method: PlanMethod
    batch_size: int
    primary: NDArray[np.int32]
    start: NDArray[np.int64]
    targets: NDArray[np.int32]

    @property
    def n_calls(self) -> int:
        """Number of judge calls: the exact cost of the run."""
        return len(self.primary)

    @property
    def n_pairs(self) -> int:
        """Number of pairs asked."""
        return len(self.targets)

    def __iter__(self) -> Iterator[PlannedCall]:
        for number in range(self.n_calls):
            yield PlannedCall(
                number, int(self.primary[number]), self.targets[self.start[number] : self.start[number + 1]]
            )


def plan_calls(
    catalogue: Catalogue, method: PlanMethod = PlanMethod.PACKED, batch_size: int = DEFAULT_BATCH_SIZE
) -> CallPlan:
    """Assign every cross-modality pair to exactly one call; `ValenceError` beyond `MAX_PAIRS` pairs."""
    if batch_size < 1:
        raise ValenceError(f"A call cannot hold {batch_size} targets.", "Set the batch size to 1 or more.")
    if catalogue.n_pairs > MAX_PAIRS:
        raise ValenceError(
            f"Asking every pair of this catalogue means {catalogue.n_pairs:,} pairs and at least "
            f"{calls_floor(catalogue, batch_size):,} calls; brute force stops at {MAX_PAIRS:,} pairs.",
            "Split the catalogue into smaller ones.",
        )
    if method is PlanMethod.PUBLISHED:
        return _published_plan(catalogue, batch_size)
    return _packed_plan(catalogue, batch_size)


def calls_published(catalogue: Catalogue, batch_size: int = DEFAULT_BATCH_SIZE) -> int:
    """Cost by the published formula: sum over modality pairs of |A| x ceil(|B| / batch), A the larger side."""
    sizes = sorted((len(positions) for positions in catalogue.positions_by_modality.values()), reverse=True)
    return sum(larger * -(-smaller // batch_size) for larger, smaller in combinations(sizes, 2))


def calls_floor(catalogue: Catalogue, batch_size: int = DEFAULT_BATCH_SIZE) -> int:
    """No plan can have fewer calls: all calls full, or one call for each attribute of a smallest vertex cover.

    Attributes that are never primary share no candidate pair, so they all belong to one modality: at least
    n minus the largest modality are primary at least once.
    """
    largest = max((len(positions) for positions in catalogue.positions_by_modality.values()), default=0)
    return max(-(-catalogue.n_pairs // batch_size), len(catalogue) - largest)


def _packed_plan(catalogue: Catalogue, batch_size: int) -> CallPlan:
    asks = orient_for_few_calls(_modality_numbers(catalogue), batch_size)
    targets_of = [(primary, np.flatnonzero(asks[primary]).astype(np.int32)) for primary in range(len(catalogue))]
    return _plan_of_batches(PlanMethod.PACKED, batch_size, targets_of)


def _published_plan(catalogue: Catalogue, batch_size: int) -> CallPlan:
    groups = sorted(catalogue.positions_by_modality.values(), key=len, reverse=True)
    targets_of = [
        (primary, np.array(smaller, dtype=np.int32))
        for larger, smaller in combinations(groups, 2)
        for primary in larger
    ]
    return _plan_of_batches(PlanMethod.PUBLISHED, batch_size, targets_of)


def _plan_of_batches(method: PlanMethod, batch_size: int, targets_of: list[tuple[int, NDArray[np.int32]]]) -> CallPlan:
    batches = [
        (primary, targets[first : first + batch_size])
        for primary, targets in targets_of
        for first in range(0, len(targets), batch_size)
    ]
    return CallPlan(
        method=method,
        batch_size=batch_size,
        primary=np.array([primary for primary, _ in batches], dtype=np.int32),
        start=np.cumsum([0, *(len(targets) for _, targets in batches)], dtype=np.int64),
        targets=np.concatenate([targets for _, targets in batches]) if batches else np.zeros(0, dtype=np.int32),
    )


def _modality_numbers(catalogue: Catalogue) -> NDArray[np.int32]:
    numbers = np.zeros(len(catalogue), dtype=np.int32)
    for number, positions in enumerate(catalogue.positions_by_modality.values()):
        numbers[list(positions)] = number
    return numbers

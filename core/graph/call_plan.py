"""Call plans: which primary attribute is asked with which numbered targets, before any call is made.

A judge call asks one primary attribute against at most `batch_size` targets. Every candidate pair is asked exactly
once, so choosing the primary end of each pair orients the graph of candidate pairs, and a plan costs the sum over
attributes of ceil(out-degree / batch_size). Brute force plans all cross-modality pairs; other runs plan some.
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
from core.graph.call_floor import fewest_calls
from core.graph.candidate_pairs import all_pairs, check_pairs, modality_numbers
from core.graph.orientation import orient_for_few_calls
from core.graph.pair_graph import PairGraph, pair_graph

DEFAULT_BATCH_SIZE = 25
MAX_PAIRS = 1_500_000  # about 60,000 calls, planned in a few seconds


Positions = NDArray[np.int32]


class PlanMethod(StrEnum):
    """`packed`: near the fewest calls possible. `published`: one modality pair per call, larger modality as primary."""

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
    _check_batch_size(batch_size)
    if catalogue.n_pairs > MAX_PAIRS:
        raise ValenceError(
            f"Asking every pair of this catalogue means {catalogue.n_pairs:,} pairs and at least "
            f"{calls_floor(catalogue, batch_size):,} calls; brute force stops at {MAX_PAIRS:,} pairs.",
            "Split the catalogue into smaller ones.",
        )
    source, target = all_pairs(catalogue)
    return _plan(catalogue, source, target, batch_size, method, calls_floor(catalogue, batch_size))


def plan_pairs(
    catalogue: Catalogue,
    source: Positions,
    target: Positions,
    batch_size: int = DEFAULT_BATCH_SIZE,
    method: PlanMethod = PlanMethod.PACKED,
) -> CallPlan:
    """Assign each of P candidate pairs, given by catalogue positions [P] in any order, to exactly one call.

    `InvalidInput` where a pair comes twice (in either order), joins attributes of one modality or names no attribute;
    `ValenceError` beyond `MAX_PAIRS` pairs.
    """
    _check_batch_size(batch_size)
    if len(source) > MAX_PAIRS:
        raise ValenceError(
            f"These are {len(source):,} pairs; a plan stops at {MAX_PAIRS:,}.", "Plan fewer pairs at a time."
        )
    check_pairs(catalogue, source, target)
    floor = pairs_floor(catalogue, source, target, batch_size) if method is PlanMethod.PACKED else 0
    return _plan(catalogue, source, target, batch_size, method, floor)


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


def pairs_floor(
    catalogue: Catalogue, source: Positions, target: Positions, batch_size: int = DEFAULT_BATCH_SIZE
) -> int:
    """No plan of these P pairs, given as in `plan_pairs`, can have fewer calls.

    As in `calls_floor`, for each connected part of the pairs by itself. A smallest vertex cover is hard to find, so
    its size is bounded from below: by its linear relaxation, and by a partition into cliques.
    """
    graph, nodes = _graph_of(catalogue, source, target)
    return fewest_calls(graph, modality_numbers(catalogue)[nodes], batch_size)


def _plan(
    catalogue: Catalogue, source: Positions, target: Positions, batch_size: int, method: PlanMethod, floor: int
) -> CallPlan:
    if method is PlanMethod.PUBLISHED:
        return _published_plan(catalogue, source, target, batch_size)
    graph, nodes = _graph_of(catalogue, source, target)
    asks = orient_for_few_calls(graph, modality_numbers(catalogue)[nodes], batch_size, floor)
    primary, targets = nodes[graph.owner[asks]], nodes[graph.neighbour[asks]]
    return _plan_of_asks(method, batch_size, np.zeros_like(primary), primary, targets)


def _published_plan(catalogue: Catalogue, source: Positions, target: Positions, batch_size: int) -> CallPlan:
    modality = modality_numbers(catalogue)
    sizes = np.bincount(modality)
    rank = np.argsort(np.argsort(-sizes, kind="stable"))[modality]
    is_first = rank[source] < rank[target]
    primary, targets = np.where(is_first, source, target), np.where(is_first, target, source)
    return _plan_of_asks(PlanMethod.PUBLISHED, batch_size, rank[primary] * len(sizes) + rank[targets], primary, targets)


def _plan_of_asks(
    method: PlanMethod, batch_size: int, group: NDArray[np.integer], primary: Positions, targets: Positions
) -> CallPlan:
    """Cut the pairs [P] into calls: by group, then primary, then target; a call never holds two groups."""
    order = np.lexsort((targets, primary, group))
    group, primary, targets = group[order], primary[order], targets[order]
    is_new = np.ones(len(order), dtype=np.bool_)
    is_new[1:] = (group[1:] != group[:-1]) | (primary[1:] != primary[:-1])
    begins = np.flatnonzero(is_new)
    within = np.arange(len(order)) - begins[np.cumsum(is_new) - 1] if len(order) else np.zeros(0, dtype=np.int64)
    start = np.flatnonzero(within % batch_size == 0)
    return CallPlan(
        method=method,
        batch_size=batch_size,
        primary=primary[start].astype(np.int32),
        start=np.append(start, len(order)).astype(np.int64),
        targets=targets.astype(np.int32),
    )


def _graph_of(catalogue: Catalogue, source: Positions, target: Positions) -> tuple[PairGraph, Positions]:
    """The pairs over the attributes that have any, and these attributes' positions."""
    is_used = np.zeros(len(catalogue), dtype=np.bool_)
    is_used[source] = is_used[target] = True
    nodes = np.flatnonzero(is_used).astype(np.int32)
    number = np.cumsum(is_used, dtype=np.int32) - 1
    return pair_graph(len(nodes), number[source], number[target]), nodes


def _check_batch_size(batch_size: int) -> None:
    if batch_size < 1:
        raise ValenceError(f"A call cannot hold {batch_size} targets.", "Set the batch size to 1 or more.")

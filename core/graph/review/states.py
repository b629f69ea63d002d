"""Where every reviewed pair of a graph stands: what the judge said, what the reviews make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.review.pair_rows import pair_keys, rows_of
from core.graph.review.resolution import RULE, Resolved, resolve
from core.store.review_log import Decision, Review

__all__ = ["RULE", "STATES", "Resolution", "ReviewState", "outcomes_at", "pair_keys", "pair_states", "states_of_pairs"]


class ReviewState(StrEnum):
    """What reviews make of a pair: none counts, they agree with the first answer, they change it, or they are tied."""

    UNREVIEWED = "unreviewed"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    CONFLICT = "conflict"


STATES = tuple(ReviewState)


@dataclass(frozen=True, eq=False)
class Resolution:
    """The pairs of which a review counts, as columns of length R, sorted by (source, target).

    `source`, `target`: int32 catalogue positions, `source < target`; `judged`: int8 `Outcome`, what the judge said or
    the uploaded edge, `UNJUDGED` where there was nothing; `resolved`: int8 `Outcome` by the rule; `state`: one each;
    `n_reviewers`: int32, people whose vote or adjudication counts; `reviews`: what counts of each pair, votes first.
    """

    catalogue: Catalogue
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    judged: NDArray[np.int8]
    resolved: NDArray[np.int8]
    state: tuple[ReviewState, ...]
    n_reviewers: NDArray[np.int32]
    reviews: tuple[Resolved, ...]

    def __len__(self) -> int:
        return len(self.source)

    @cached_property
    def _row_of(self) -> dict[tuple[int, int], int]:
        return {pair: row for row, pair in enumerate(zip(self.source.tolist(), self.target.tolist(), strict=True))}

    @cached_property
    def keys(self) -> NDArray[np.int64]:
        """One ascending number [R] per pair, `source * N + target`: for joins with other tables."""
        return pair_keys(self.source, self.target, len(self.catalogue))

    def row(self, source: int, target: int) -> int | None:
        """The row of a pair given by catalogue positions in either order; None where no review counts."""
        return self._row_of.get((min(source, target), max(source, target)))

    def state_of(self, source: int, target: int) -> ReviewState:
        """The state of a pair given by catalogue positions in either order."""
        row = self.row(source, target)
        return ReviewState.UNREVIEWED if row is None else self.state[row]

    def rows_in(self, *states: ReviewState) -> NDArray[np.int64]:
        """Rows of the pairs that are in one of the states, ascending."""
        return np.flatnonzero([state in states for state in self.state])

    def count(self, state: ReviewState) -> int:
        """Number of reviewed pairs in a state (0 for unreviewed: those are not listed here)."""
        return self.state.count(state)


def pair_states(catalogue: Catalogue, table: VerdictTable | SignedGraph, reviews: Iterable[Review]) -> Resolution:
    """Resolve all reviews of a catalogue, given in order of arrival, against a graph's first answers.

    `table`: the judge's verdicts, or the uploaded edges; never the answers of a reviewed graph.
    """
    by_pair: dict[tuple[int, int], list[Review]] = {}
    position_of = catalogue.position_of
    for review in reviews:
        if review.stands and review.decision is not Decision.SKIP:
            one, other = position_of[review.source], position_of[review.target]
            by_pair.setdefault((min(one, other), max(one, other)), []).append(review)
    pairs = sorted(by_pair)
    source = np.array([low for low, _ in pairs], dtype=np.int32)
    target = np.array([high for _, high in pairs], dtype=np.int32)
    judged = outcomes_at(table, source, target, len(catalogue))
    found = [resolve(Outcome(first), by_pair[pair]) for first, pair in zip(judged.tolist(), pairs, strict=True)]
    resolved = tuple(one for one in found if one is not None)  # each pair has a review that counts
    return Resolution(
        catalogue,
        source,
        target,
        judged,
        np.array([one.outcome for one in resolved], dtype=np.int8),
        tuple(_state(int(first), one) for first, one in zip(judged, resolved, strict=True)),
        np.array([_n_people(one) for one in resolved], dtype=np.int32),
        resolved,
    )


def states_of_pairs(resolution: Resolution, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int8]:
    """The state of each pair [P], as its place in `STATES`; ends are catalogue positions, `source < target`."""
    codes = np.array([STATES.index(state) for state in resolution.state], dtype=np.int8)
    rows = rows_of(resolution.keys, pair_keys(source, target, len(resolution.catalogue)))
    return _values_at(codes, rows, STATES.index(ReviewState.UNREVIEWED))


def outcomes_at(
    table: VerdictTable | SignedGraph, source: NDArray[np.int32], target: NDArray[np.int32], n_nodes: int
) -> NDArray[np.int8]:
    """What a table says of each pair [P] as int8 `Outcome`, `UNJUDGED` where it says nothing; `source < target`."""
    known = table.sign if isinstance(table, SignedGraph) else table.outcome
    rows = rows_of(pair_keys(table.source, table.target, n_nodes), pair_keys(source, target, n_nodes))
    return _values_at(known, rows, int(Outcome.UNJUDGED))


def _values_at(values: NDArray[np.int8], rows: NDArray[np.int64], missing: int) -> NDArray[np.int8]:
    found = np.full(len(rows), missing, dtype=np.int8)
    found[rows >= 0] = values[rows[rows >= 0]]
    return found


def _state(judged: int, resolved: Resolved) -> ReviewState:
    if resolved.is_conflict:
        return ReviewState.CONFLICT
    return ReviewState.CONFIRMED if resolved.outcome == judged else ReviewState.CHANGED


def _n_people(resolved: Resolved) -> int:
    people = {vote.reviewer for vote in resolved.votes}
    return len(people | ({resolved.adjudication.reviewer} if resolved.adjudication else set()))

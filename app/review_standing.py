"""Where the reviews of a graph stand, in figures and as a list of conflicts: small enough to be cached and copied."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.graph.model import Outcome
from core.graph.review.conflicts import Conflict, conflicts
from core.graph.review.states import Resolution, ReviewState


@dataclass(frozen=True, slots=True)
class ReviewStanding:
    """`n_confirmed`: pairs whose reviews agree with the graph's first answer; `changes`: pairs by first answer and by
    what reviews made of it, where the two differ; `conflicts`: those still to be settled, the oldest first;
    `n_reviewers`: people whose review counts.
    """

    n_confirmed: int
    changes: Mapping[tuple[Outcome, Outcome], int]
    conflicts: tuple[Conflict, ...]
    n_reviewers: int

    @property
    def n_changed(self) -> int:
        """Pairs that reviews answer otherwise than the graph."""
        return sum(self.changes.values())


def review_standing(resolution: Resolution) -> ReviewStanding:
    """Summarise what reviews make of a graph."""
    changed = resolution.rows_in(ReviewState.CHANGED)
    ends = np.stack([resolution.judged[changed], resolution.resolved[changed]], axis=1).tolist()
    people = {
        review.reviewer
        for one in resolution.reviews
        for review in (*one.votes, *([one.adjudication] if one.adjudication else []))
    }
    return ReviewStanding(
        resolution.count(ReviewState.CONFIRMED),
        dict(Counter((Outcome(first), Outcome(after)) for first, after in ends)),
        conflicts(resolution),
        len(people),
    )

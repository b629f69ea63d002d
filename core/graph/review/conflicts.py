"""Pairs whose reviewers are evenly split, for somebody to settle."""

from dataclasses import dataclass

from core.graph.model import Outcome
from core.graph.review.queue_file import Queue
from core.graph.review.states import Resolution, ReviewState
from core.store.review_log import Review


@dataclass(frozen=True, slots=True)
class Conflict:
    """A pair that waits for an adjudication: attribute ids in the order of the catalogue, what the judge said, and the
    vote that counts of every reviewer, with its note, in order of arrival.
    """

    source: str
    target: str
    judged: Outcome
    votes: tuple[Review, ...]


def conflicts(resolution: Resolution, queue: Queue | None = None) -> tuple[Conflict, ...]:
    """The pairs in conflict, of a queue or of the whole catalogue, the one that has waited longest first."""
    attributes = resolution.catalogue.attributes
    found = [
        Conflict(
            attributes[resolution.source[row]].id,
            attributes[resolution.target[row]].id,
            Outcome(int(resolution.judged[row])),
            resolution.reviews[row].votes,
        )
        for row in resolution.rows_in(ReviewState.CONFLICT).tolist()
    ]
    wanted = [one for one in found if queue is None or (one.source, one.target) in queue.card_of]
    return tuple(sorted(wanted, key=lambda conflict: conflict.votes[-1].number))

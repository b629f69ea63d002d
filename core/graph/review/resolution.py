"""The one rule by which reviews decide the sign of a pair."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.graph.model import Outcome
from core.store.review_log import Decision, Review, ReviewKind

RULE = (
    "A pair's sign is what an adjudication settled, the latest if there are several; without one, what most of its "
    "reviewers said, one vote each, where a reviewer's vote is their latest decision, and what they applied to "
    "look-alikes counts only where they did not decide the pair itself; without reviews, what the judge said or the "
    "uploaded file holds. Where the votes are tied the pair is a conflict: that first answer stands, and somebody is "
    "asked to settle it. Withdrawn and skipped reviews do not count."
)

OUTCOME_OF = {
    Decision.POSITIVE: Outcome.POSITIVE,
    Decision.NEGATIVE: Outcome.NEGATIVE,
    Decision.NEUTRAL: Outcome.NEUTRAL,
}
DECISION_OF = {outcome: decision for decision, outcome in OUTCOME_OF.items()}


class Resolved(NamedTuple):
    """What counts of a pair: its `outcome`, the `votes` (one per reviewer, in order of arrival), the adjudication that
    settled it, if any, and whether the votes are tied with nothing to settle them (`outcome` is then the first answer).
    """

    outcome: Outcome
    votes: tuple[Review, ...]
    adjudication: Review | None
    is_conflict: bool

    @property
    def deciding(self) -> tuple[Review, ...]:
        """The reviews that made the outcome what it is: the adjudication or the winning votes; none in a conflict."""
        if self.adjudication is not None:
            return (self.adjudication,)
        return () if self.is_conflict else tuple(v for v in self.votes if OUTCOME_OF[v.decision] is self.outcome)


def resolve(first: Outcome, reviews: Iterable[Review]) -> Resolved | None:
    """Apply `RULE` to all the reviews of one pair, in order of arrival; None where none of them counts.

    `first`: what the judge said, or the uploaded edge.
    """
    standing = [review for review in reviews if review.stands and review.decision is not Decision.SKIP]
    if not standing:
        return None
    if len(standing) == 1:  # by far the most pairs
        return _resolved_by_one(standing[0])
    votes = _votes(standing)
    settled = [review for review in standing if review.kind is ReviewKind.ADJUDICATED]
    if settled:
        return Resolved(OUTCOME_OF[settled[-1].decision], votes, settled[-1], is_conflict=False)
    counts = Counter(vote.decision for vote in votes).most_common()
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        return Resolved(first, votes, None, is_conflict=True)
    return Resolved(OUTCOME_OF[counts[0][0]], votes, None, is_conflict=False)


def _resolved_by_one(review: Review) -> Resolved:
    if review.kind is ReviewKind.ADJUDICATED:
        return Resolved(OUTCOME_OF[review.decision], (), review, is_conflict=False)
    return Resolved(OUTCOME_OF[review.decision], (review,), None, is_conflict=False)


def counting_reviews(reviews: Iterable[Review]) -> tuple[Review, ...]:
    """Of all reviews of a catalogue, in order of arrival, those that count: every reviewer's vote and every pair's
    latest adjudication. They resolve to what all of them resolve to.
    """
    by_pair: dict[tuple[str, str], list[Review]] = {}
    for review in reviews:
        if not review.withdrawn_at and review.decision is not Decision.SKIP:
            by_pair.setdefault((review.source, review.target), []).append(review)
    counting = [of_pair[0] for of_pair in by_pair.values() if len(of_pair) == 1]
    for of_pair in by_pair.values():
        if len(of_pair) == 1:
            continue
        resolved = resolve(Outcome.UNJUDGED, of_pair)  # who counts does not depend on what the judge said
        if resolved is not None:
            counting += [*resolved.votes, *([resolved.adjudication] if resolved.adjudication else [])]
    return tuple(sorted(counting, key=lambda review: review.number))


def _votes(standing: Sequence[Review]) -> tuple[Review, ...]:
    """The latest of each reviewer, one they decided themselves before one they derived; adjudications are no votes."""
    votes: dict[str, Review] = {}
    for review in standing:
        if review.kind is ReviewKind.ADJUDICATED:
            continue
        earlier = votes.get(review.reviewer)
        is_weaker = review.kind is ReviewKind.DERIVED and earlier is not None and earlier.kind is not ReviewKind.DERIVED
        if not is_weaker:
            votes[review.reviewer] = review
    return tuple(sorted(votes.values(), key=lambda vote: vote.number))

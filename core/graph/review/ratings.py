"""Reviews as ratings: who said what of which pair, for figures that ask how independent people answered.

A review is *independent* when its reviewer decided blind, and had never decided the pair before: after the first
decision a card tells what the judge said, so that one who takes it back and decides anew knows. Everything else a
reviewer decided themselves is *informed*. Skips, look-alikes and adjudications rate nothing.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from core.catalogue.model import Catalogue
from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.review.reliability import MISSING, Ratings
from core.graph.review.resolution import OUTCOME_OF
from core.graph.review.states import outcomes_at
from core.store.review_log import Decision, Review, ReviewKind

ANSWERS: Final = (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)  # the categories of ratings, by their number
N_ANSWERS: Final = len(ANSWERS)

_OWN = (ReviewKind.DECIDED, ReviewKind.IMPORTED)

PairIds = tuple[str, str]  # attribute ids in the order of the catalogue


class Look(StrEnum):
    """How a reviewer came to a decision: not knowing what the judge said, or able to know."""

    INDEPENDENT = "independent"
    INFORMED = "informed"


@dataclass(frozen=True, eq=False)
class RatedPairs:
    """Ratings [R, U] of pairs by people; a rating is the place in `ANSWERS`, or `MISSING`."""

    raters: tuple[str, ...]
    pairs: tuple[PairIds, ...]
    ratings: Ratings

    def only(self, pairs: Collection[PairIds]) -> "RatedPairs":
        """The ratings of some of the pairs, by all raters."""
        kept = [unit for unit, pair in enumerate(self.pairs) if pair in pairs]
        return RatedPairs(self.raters, tuple(self.pairs[unit] for unit in kept), self.ratings[:, kept])


def reviews_by_look(reviews: Iterable[Review]) -> dict[Look, tuple[Review, ...]]:
    """The standing reviews that rate a pair, by how they were decided; at most one per reviewer and pair in all.

    `reviews`: all of a catalogue in order of arrival, withdrawn ones among them: those tell who had decided a pair
    before. Of an independent and a later informed review of one person the independent one rates; of several informed
    ones the latest.
    """
    independent: dict[tuple[str, PairIds], Review] = {}
    informed: dict[tuple[str, PairIds], Review] = {}
    has_decided: set[tuple[str, PairIds]] = set()
    for review in reviews:
        if review.decision is Decision.SKIP:
            continue
        key = (review.reviewer, (review.source, review.target))
        is_first = key not in has_decided
        has_decided.add(key)
        if not rates(review):
            continue
        if review.is_blind and is_first:
            independent[key] = review
        else:
            informed[key] = review
    return {
        Look.INDEPENDENT: tuple(independent.values()),
        Look.INFORMED: tuple(review for key, review in informed.items() if key not in independent),
    }


def rates(review: Review) -> bool:
    """Whether a review stands and is the reviewer's own answer to the pair itself."""
    return review.stands and review.kind in _OWN and review.decision is not Decision.SKIP


def rate_pairs(reviews: Iterable[Review]) -> RatedPairs:
    """Lay out reviews, at most one per reviewer and pair, as a matrix; raters by name, pairs in order of arrival."""
    reviews = tuple(reviews)
    raters = tuple(sorted({review.reviewer for review in reviews}))
    pairs = tuple(dict.fromkeys((review.source, review.target) for review in reviews))
    row = {rater: place for place, rater in enumerate(raters)}
    column = {pair: place for place, pair in enumerate(pairs)}
    ratings = np.full((len(raters), len(pairs)), MISSING, dtype=np.int8)
    for review in reviews:
        place = row[review.reviewer], column[review.source, review.target]
        ratings[place] = ANSWERS.index(OUTCOME_OF[review.decision])
    return RatedPairs(raters, pairs, ratings)


def judge_ratings(catalogue: Catalogue, table: VerdictTable | SignedGraph, pairs: Iterable[PairIds]) -> Ratings:
    """What a judge or an uploaded file says of pairs, as ratings [U]; `MISSING` where it gave no answer."""
    position_of = catalogue.position_of
    ends = np.array([(position_of[a], position_of[b]) for a, b in pairs], dtype=np.int32).reshape(-1, 2)
    outcome = outcomes_at(table, ends.min(axis=1), ends.max(axis=1), len(catalogue))
    ratings = np.full(len(outcome), MISSING, dtype=np.int8)
    for place, answer in enumerate(ANSWERS):
        ratings[outcome == answer] = place
    return ratings


def majority(ratings: Ratings) -> Ratings:
    """What most raters of each unit said, [U]; `MISSING` for a tie or no rating."""
    votes = np.stack([(ratings == place).sum(axis=0) for place in range(N_ANSWERS)])  # [3, U]
    most = votes.max(axis=0)
    is_clear = (most > 0) & ((votes == most).sum(axis=0) == 1)
    return np.where(is_clear, votes.argmax(axis=0), MISSING).astype(np.int8)

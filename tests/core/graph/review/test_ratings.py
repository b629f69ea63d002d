from dataclasses import replace

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, Verdict, signed_graph, verdict_table
from core.graph.review.ratings import ANSWERS, Look, judge_ratings, majority, rate_pairs, reviews_by_look
from core.graph.review.reliability import MISSING
from core.store.review_log import Decision, Review, ReviewKind

CATALOGUE = Catalogue(
    tuple(Attribute(f"{kind}{i}", f"{kind} {i}", kind, kind) for kind in ("brand", "place") for i in range(3))
)


def review(number, reviewer="Ana", pair=("brand0", "place0"), decision=Decision.POSITIVE, **more):
    fields = {
        "number": number,
        "id": f"r{number}",
        "catalogue": CATALOGUE.id,
        "source": pair[0],
        "target": pair[1],
        "graph": "g",
        "reviewer": reviewer,
        "decision": decision,
        "kind": ReviewKind.DECIDED,
        "queue": "",
        "note": "",
        "is_blind": True,
        "derived_from": "",
        "made_at": "2026-01-01T00:00:00Z",
    }
    return Review(**{**fields, **more})


def numbers(found, look):
    return [one.number for one in found[look]]


def test_a_first_blind_decision_is_independent_and_everything_else_of_ones_own_informed():
    found = reviews_by_look(
        [
            review(1),
            review(2, "Bo", is_blind=False),
            review(3, "Cy", kind=ReviewKind.IMPORTED),
            review(4, "Di", decision=Decision.SKIP),
            review(5, "Ed", kind=ReviewKind.DERIVED, derived_from="r1"),
            review(6, "Flo", kind=ReviewKind.ADJUDICATED),
            review(7, "Gus", withdrawn_at="2026-01-02T00:00:00Z"),
        ]
    )
    assert numbers(found, Look.INDEPENDENT) == [1, 3]
    assert numbers(found, Look.INFORMED) == [2]


def test_whoever_takes_a_blind_decision_back_has_seen_the_verdict():
    taken_back = review(1, withdrawn_at="2026-01-02T00:00:00Z")
    found = reviews_by_look([taken_back, review(2, decision=Decision.NEGATIVE)])
    assert numbers(found, Look.INDEPENDENT) == []
    assert numbers(found, Look.INFORMED) == [2]


def test_a_skip_gives_nothing_away_and_another_pair_or_person_is_another_look():
    found = reviews_by_look(
        [
            review(1, decision=Decision.SKIP),
            review(2),
            review(3, "Bo"),
            review(4, pair=("brand0", "place1")),
        ]
    )
    assert numbers(found, Look.INDEPENDENT) == [2, 3, 4]


def test_what_was_first_said_blind_stays_the_rating_and_of_later_ones_the_latest_counts():
    changed = [review(1), review(2, is_blind=False, decision=Decision.NEGATIVE)]
    assert numbers(reviews_by_look(changed), Look.INDEPENDENT) == [1]
    assert numbers(reviews_by_look(changed), Look.INFORMED) == []
    informed = [replace(one, is_blind=False) for one in changed]
    assert numbers(reviews_by_look(informed), Look.INFORMED) == [2]


def test_reviews_become_a_matrix():
    far = ("brand2", "place2")
    rated = rate_pairs(
        [
            review(1, "Bo"),
            review(2, "Ana", pair=far, decision=Decision.NEUTRAL),
            review(3, "Ana", decision=Decision.NEGATIVE),
        ]
    )
    assert (rated.raters, rated.pairs) == (("Ana", "Bo"), (("brand0", "place0"), far))
    assert rated.ratings.tolist() == [[0, 1], [2, MISSING]]
    assert [ANSWERS[i] for i in (0, 1, 2)] == [Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE]
    only = rated.only({far})
    assert only.pairs == (far,) and only.ratings.tolist() == [[1], [MISSING]]


def test_no_reviews_make_an_empty_matrix():
    rated = rate_pairs([])
    assert rated.ratings.shape == (0, 0) and majority(rated.ratings).shape == (0,)
    assert judge_ratings(CATALOGUE, signed_graph(CATALOGUE, *np.zeros((3, 0), dtype=np.int32)), ()).shape == (0,)


@pytest.mark.parametrize(
    ("said", "most"),
    [([0], 0), ([0, 2], MISSING), ([0, 2, 2], 2), ([0, 1, 2], MISSING), ([MISSING] * 3, MISSING), ([1, MISSING], 1)],
)
def test_the_majority_is_what_more_said_than_anything_else(said, most):
    ratings = np.full((3, 1), MISSING, dtype=np.int8)
    ratings[: len(said), 0] = said
    assert majority(ratings).tolist() == [most]


def test_the_judge_rates_what_it_answered_and_no_more():
    ends = np.array([[0, 3], [0, 4], [1, 3], [1, 4], [2, 5]], dtype=np.int32).T
    outcomes = [Outcome.POSITIVE, Outcome.NEUTRAL, Outcome.NEGATIVE, Outcome.UNRESOLVED, Outcome.UNJUDGED]
    verdicts = [Verdict(outcome, 0.9, "Because.") for outcome in outcomes]
    table = verdict_table(*ends, verdicts, np.zeros(5, dtype=np.int32), "judge")
    ids = [attribute.id for attribute in CATALOGUE.attributes]
    pairs = [(ids[a], ids[b]) for a, b in [*ends.T.tolist(), [2, 3]]]
    assert judge_ratings(CATALOGUE, table, pairs).tolist() == [2, 1, 0, MISSING, MISSING, MISSING]
    edges = signed_graph(CATALOGUE, *ends[:, :2], np.array([1, -1], dtype=np.int8))
    assert judge_ratings(CATALOGUE, edges, pairs[:3]).tolist() == [2, 0, MISSING]

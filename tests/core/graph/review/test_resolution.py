from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import (
    Basis,
    Outcome,
    Verdict,
    graph_from_verdicts,
    signed_graph,
    verdict_table,
)
from core.graph.review.answers import reason_of, reviewed_answers
from core.graph.review.resolution import OUTCOME_OF, RULE, counting_reviews, resolve
from core.graph.review.states import STATES, ReviewState, outcomes_at, pair_states, states_of_pairs
from core.store.review_log import Decision, Review, ReviewKind

PEOPLE = ("Ana", "Bo", "Cy")
CATALOGUE = Catalogue(
    tuple(Attribute(f"{kind}{number}", f"{kind} {number}", kind, kind) for number in range(3) for kind in ("a", "b"))
)
PAIRS = [(i, j) for i in range(6) for j in range(i + 1, 6) if (i - j) % 2]
PLUS, MINUS, ZERO, SKIP = Decision
DECIDED, DERIVED, ADJUDICATED, IMPORTED = ReviewKind


def review(number, reviewer="Ana", decision=PLUS, kind=DECIDED, pair=(0, 1), withdrawn=False):
    source, target = (CATALOGUE.attributes[end].id for end in pair)
    return Review(
        number=number,
        id=f"r{number}",
        catalogue=CATALOGUE.id,
        source=source,
        target=target,
        graph="g",
        reviewer=reviewer,
        decision=decision,
        kind=kind,
        queue="",
        note="",
        is_blind=False,
        derived_from="r0" if kind is DERIVED else "",
        made_at=f"{number:05}",
        withdrawn_by=reviewer if withdrawn else "",
        withdrawn_at="later" if withdrawn else "",
    )


def said(*decisions, first=Outcome.POSITIVE):
    """Resolve reviews given as (reviewer, decision, kind), in order of arrival."""
    reviews = [review(n, who, what, *kind) for n, (who, what, *kind) in enumerate(decisions, 1)]
    return resolve(first, reviews)


def test_without_a_review_that_counts_there_is_nothing_to_resolve():
    assert resolve(Outcome.POSITIVE, []) is None
    assert said(("Ana", SKIP), ("Bo", SKIP)) is None
    assert resolve(Outcome.POSITIVE, [review(1, withdrawn=True)]) is None
    assert resolve(Outcome.POSITIVE, [review(1, kind=ADJUDICATED, withdrawn=True)]) is None


def test_one_reviewer_overrules_the_judge_and_their_latest_decision_counts():
    assert said(("Ana", MINUS)).outcome is Outcome.NEGATIVE
    assert said(("Ana", MINUS), ("Ana", ZERO)).outcome is Outcome.NEUTRAL
    assert said(("Ana", MINUS), ("Ana", SKIP)).outcome is Outcome.NEGATIVE  # a skip takes nothing back
    undone = resolve(Outcome.POSITIVE, [review(1, decision=MINUS), review(2, decision=ZERO, withdrawn=True)])
    assert undone.outcome is Outcome.NEGATIVE and [vote.number for vote in undone.votes] == [1]


def test_the_sign_that_most_reviewers_chose_wins_and_a_tie_is_a_conflict():
    two_to_one = said(("Ana", MINUS), ("Bo", PLUS), ("Cy", MINUS))
    assert (two_to_one.outcome, two_to_one.is_conflict) == (Outcome.NEGATIVE, False)
    assert [vote.reviewer for vote in two_to_one.deciding] == ["Ana", "Cy"]
    for first in Outcome:
        tied = said(("Ana", MINUS), ("Bo", ZERO), first=first)
        assert (tied.outcome, tied.is_conflict, tied.deciding) == (first, True, ())
    assert said(("Ana", MINUS), ("Bo", PLUS), ("Cy", ZERO)).is_conflict
    assert not said(("Ana", MINUS), ("Bo", PLUS), ("Bo", MINUS)).is_conflict


def test_one_person_has_one_vote_however_often_they_decide():
    often = said(("Ana", PLUS), ("Ana", PLUS), ("Ana", PLUS), ("Bo", MINUS))
    assert often.is_conflict and len(often.votes) == 2


def test_what_was_derived_never_outweighs_what_the_same_person_decided():
    for kind in (DECIDED, IMPORTED):
        kept = said(("Ana", MINUS, kind), ("Ana", PLUS, DERIVED))
        assert (kept.outcome, len(kept.votes)) == (Outcome.NEGATIVE, 1)
    assert said(("Ana", MINUS, DERIVED), ("Ana", PLUS)).outcome is Outcome.POSITIVE
    assert said(("Ana", MINUS, DERIVED), ("Ana", PLUS, DERIVED)).outcome is Outcome.POSITIVE
    assert said(("Ana", MINUS), ("Bo", PLUS, DERIVED)).is_conflict  # of another person it is a vote like any other


def test_an_adjudication_outweighs_everything_the_latest_first():
    settled = said(("Ana", PLUS), ("Bo", MINUS), ("Cy", ZERO, ADJUDICATED), ("Bo", PLUS), ("Ana", PLUS))
    assert (settled.outcome, settled.is_conflict) == (Outcome.NEUTRAL, False)
    assert settled.adjudication.reviewer == "Cy" and settled.deciding == (settled.adjudication,)
    assert [vote.reviewer for vote in settled.votes] == ["Bo", "Ana"]
    assert said(("Cy", ZERO, ADJUDICATED), ("Ana", MINUS, ADJUDICATED)).outcome is Outcome.NEGATIVE
    alone = said(("Cy", ZERO, ADJUDICATED))
    assert (alone.outcome, alone.votes) == (Outcome.NEUTRAL, ())
    taken_back = resolve(Outcome.POSITIVE, [review(1, "Bo", MINUS), review(2, "Cy", ZERO, ADJUDICATED, withdrawn=True)])
    assert taken_back.outcome is Outcome.NEGATIVE


def test_the_rule_says_all_of_this():
    for word in ("adjudication", "one vote each", "latest decision", "look-alikes", "tied", "Withdrawn", "skipped"):
        assert word in RULE


reviews_of_a_pair = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(list(Decision)),
        st.sampled_from(list(ReviewKind)),
        st.booleans(),
        st.sampled_from(PAIRS[:4]),
    ).filter(lambda r: not (r[2] is ADJUDICATED and r[1] is SKIP)),
    max_size=14,
)


def numbered(drawn):
    return [
        review(n, who, what, kind, pair, withdrawn) for n, (who, what, kind, withdrawn, pair) in enumerate(drawn, 1)
    ]


def by_the_rule(first, reviews):
    """The rule read from end to end, person by person."""
    standing = [r for r in reviews if not r.withdrawn_at and r.decision != "skip"]
    if not standing:
        return None
    for r in reversed(standing):
        if r.kind == "adjudicated":
            return OUTCOME_OF[r.decision], False
    votes = []
    for person in PEOPLE:
        own = [r for r in standing if r.reviewer == person and r.kind in ("decided", "imported")]
        derived = [r for r in standing if r.reviewer == person and r.kind == "derived"]
        votes += [(own or derived)[-1].decision] if own or derived else []
    ranked = Counter(votes).most_common()
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return first, True
    return OUTCOME_OF[ranked[0][0]], False


@given(reviews_of_a_pair, st.sampled_from(list(Outcome)))
@settings(max_examples=300, deadline=None)
def test_every_mix_of_reviews_resolves_as_the_rule_reads(drawn, first):
    reviews = numbered(drawn)
    found = resolve(first, reviews)
    expected = by_the_rule(first, reviews)
    assert (None if found is None else (found.outcome, found.is_conflict)) == expected


def judged(signs):
    """A table of verdicts from a sign, or None, per pair of PAIRS."""
    rows = [(pair, outcome) for pair, outcome in zip(PAIRS, signs, strict=True) if outcome is not None]
    return verdict_table(
        np.array([pair[0] for pair, _ in rows], np.int32),
        np.array([pair[1] for pair, _ in rows], np.int32),
        [Verdict(outcome, 0.25, f"because {pair}", ("fact",), "reply") for pair, outcome in rows],
        np.arange(len(rows), dtype=np.int32),
        "judge",
        stability=np.full(len(rows), 0.5, dtype=np.float32),
    )


signs = st.lists(st.none() | st.sampled_from(list(Outcome)), min_size=len(PAIRS), max_size=len(PAIRS))


@given(reviews_of_a_pair, signs)
@settings(max_examples=100, deadline=None)
def test_states_are_those_of_each_pair_alone(drawn, known):
    reviews, table = numbered(drawn), judged(known)
    resolution = pair_states(CATALOGUE, table, reviews)
    for pair, first in zip(PAIRS, known, strict=True):
        first = Outcome.UNJUDGED if first is None else first
        ids = {CATALOGUE.attributes[end].id for end in pair}
        alone = resolve(first, [r for r in reviews if {r.source, r.target} == ids])
        row = resolution.row(*pair)
        assert row == resolution.row(*reversed(pair))
        if alone is None:
            assert row is None and resolution.state_of(*pair) is ReviewState.UNREVIEWED
            continue
        assert (resolution.judged[row], resolution.resolved[row], resolution.reviews[row]) == (
            first,
            alone.outcome,
            alone,
        )
        is_same = alone.outcome == first
        expected = ReviewState.CONFLICT if alone.is_conflict else (ReviewState.CHANGED, ReviewState.CONFIRMED)[is_same]
        assert resolution.state[row] is resolution.state_of(*pair) is expected
        people = {vote.reviewer for vote in alone.votes} | {a.reviewer for a in [alone.adjudication] if a}
        assert resolution.n_reviewers[row] == len(people)
    source, target = (np.array(ends, np.int32) for ends in zip(*PAIRS, strict=True))
    codes = states_of_pairs(resolution, source, target)
    assert [STATES[code] for code in codes] == [resolution.state_of(*pair) for pair in PAIRS]
    assert outcomes_at(table, source, target, 6).tolist() == [Outcome.UNJUDGED if k is None else k for k in known]
    assert sum(map(resolution.count, STATES)) == len(resolution) == len(resolution.rows_in(*STATES))


@given(reviews_of_a_pair, signs)
@settings(max_examples=100, deadline=None)
def test_what_counts_resolves_to_what_everything_resolves_to(drawn, known):
    reviews, table = numbered(drawn), judged(known)
    counting = counting_reviews(reviews)
    everything, snapshot = (pair_states(CATALOGUE, table, some) for some in (reviews, counting))
    assert everything.reviews == snapshot.reviews and everything.state == snapshot.state
    assert np.array_equal(everything.keys, snapshot.keys)
    assert counting_reviews(counting) == counting
    in_use = {r.id for one in everything.reviews for r in (*one.votes, *filter(None, [one.adjudication]))}
    assert {r.id for r in counting} == in_use


@given(reviews_of_a_pair, signs)
@settings(max_examples=100, deadline=None)
def test_answers_are_the_judges_with_the_settled_pairs_replaced(drawn, known):
    table = judged(known)
    before = [getattr(table, name).copy() for name in ("outcome", "strength", "basis")]
    resolution = pair_states(CATALOGUE, table, numbered(drawn))
    answers = reviewed_answers(table, resolution)
    said_before = dict(
        zip(zip(table.source.tolist(), table.target.tolist(), strict=True), range(len(table)), strict=True)
    )
    said_now = dict(
        zip(zip(answers.source.tolist(), answers.target.tolist(), strict=True), range(len(answers)), strict=True)
    )
    assert list(said_now) == sorted(said_now)
    settled = {PAIRS[i] for i, pair in enumerate(PAIRS) if resolution.state_of(*pair).value in ("confirmed", "changed")}
    assert set(said_now) == set(said_before) | settled
    for pair, row in said_now.items():
        old = said_before.get(pair)
        if pair in settled:
            at = resolution.row(*pair)
            assert answers.outcome[row] == resolution.resolved[at] and answers.basis[row] == Basis.REVIEWED
            assert answers.strength[row] == 1 and answers.reason[row] == reason_of(resolution.reviews[at])
            assert np.isnan(answers.stability[row]) and answers.evidence[row] == () and answers.reply[row] == ""
            assert answers.call[row] == (-1 if old is None else table.call[old])
        else:
            for name in ("outcome", "strength", "basis", "call", "stability", "reason", "evidence", "reply"):
                assert getattr(answers, name)[row] == getattr(table, name)[old]
    for name, column in zip(("outcome", "strength", "basis"), before, strict=True):
        assert np.array_equal(getattr(table, name), column)  # the judge's own verdicts never change
    assert answers.judge == "judge"


def test_reasons_name_who_decided():
    assert reason_of(said(("Ana", PLUS), ("Bo", PLUS), ("Cy", MINUS))) == "Reviewed as + by Ana, Bo"
    assert reason_of(said(("Ana", ZERO))) == "Reviewed as 0 by Ana"
    assert reason_of(said(("Ana", PLUS), ("Cy", MINUS, ADJUDICATED))) == "Settled as - by Cy"
    many = [(f"R{number}", MINUS) for number in range(8)]
    assert reason_of(said(*many)) == "Reviewed as - by R0, R1, R2, R3, R4 and 3 more"


def test_uploaded_edges_can_be_reviewed_too():
    (a, b), (c, d), (e, f) = PAIRS[:3]
    graph = signed_graph(CATALOGUE, np.array([a, c], np.int32), np.array([b, d], np.int32), np.array([1, -1], np.int8))
    reviews = [review(1, decision=ZERO, pair=(a, b)), review(2, decision=MINUS, pair=(e, f))]
    resolution = pair_states(CATALOGUE, graph, reviews)
    assert resolution.judged.tolist() == [Outcome.POSITIVE, Outcome.UNJUDGED]
    answers = reviewed_answers(graph, resolution)
    assert answers.outcome.tolist() == [Outcome.NEUTRAL, Outcome.NEGATIVE, Outcome.NEGATIVE]
    assert answers.basis.tolist() == [Basis.REVIEWED, Basis.UPLOADED, Basis.REVIEWED]
    assert np.isnan(answers.strength).tolist() == [False, True, False] and answers.judge == ""
    edges = graph_from_verdicts(CATALOGUE, answers)
    assert (edges.source.tolist(), edges.target.tolist()) == ([c, e], [d, f])

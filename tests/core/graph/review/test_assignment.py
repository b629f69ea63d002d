"""Who gets which card: against a simulation of a whole desk of reviewers, and case by case."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.graph.review.assignment import LEASE_US, CardState, card_states, next_card, progress
from core.graph.review.queue_file import HIDDEN_WHY
from core.store.review_log import Claim, Decision, ReviewKind
from tests.fakes.review_desk import Desk, made_queue

PEOPLE = ("Ana", "Bo", "Cy")


def claim(card, reviewer, until_us):
    return Claim(card.source, card.target, reviewer, until_us)


def number_of(card):
    return None if card is None else card.number


def test_cards_come_in_order_and_a_refresh_shows_the_same_one():
    queue = made_queue(3)
    first = next_card(queue, [], [], "Ana", 0)
    assert first.number == 1
    held = [claim(first, "Ana", LEASE_US)]
    assert next_card(queue, [], held, "Ana", 5).number == 1
    assert next_card(queue, [], held, "Bo", 5).number == 2
    # The lease of a reviewer who went away runs out: then another gets the card, to the microsecond.
    assert next_card(queue, [], held, "Bo", LEASE_US - 1).number == 2
    assert next_card(queue, [], held, "Bo", LEASE_US).number == 1
    # Back after the lease, Ana still finds her card, unless another has it by then.
    assert next_card(queue, [], held, "Ana", 2 * LEASE_US).number == 1
    both = [*held, claim(first, "Bo", 3 * LEASE_US)]
    assert next_card(queue, [], both, "Ana", 2 * LEASE_US).number == 2


def test_the_card_somebody_holds_comes_before_an_earlier_one_that_became_free():
    queue = made_queue(3)
    assert next_card(queue, [], [claim(queue.cards[2], "Ana", 10)], "Ana", 5).number == 3


def test_a_double_card_is_for_two_people_and_never_for_three():
    queue = made_queue(2, double=(1,))
    desk = Desk(queue)
    one = queue.cards[0]
    assert number_of(next_card(queue, [], [claim(one, "Ana", 10)], "Bo", 5)) == 1  # both may look at once
    held = [claim(one, "Ana", 10), claim(one, "Bo", 10)]
    assert number_of(next_card(queue, [], held, "Cy", 5)) == 2
    desk.decide(1, "Ana")
    assert number_of(next_card(queue, desk.reviews, held, "Cy", 5)) == 2  # Ana has decided and Bo holds it
    assert number_of(next_card(queue, desk.reviews, held[:1], "Cy", 5)) == 1  # Ana's claim counts no more
    assert number_of(next_card(queue, desk.reviews, [], "Ana", 5)) == 2
    desk.decide(1, "Bo", Decision.NEGATIVE)
    assert number_of(next_card(queue, desk.reviews, [], "Cy", 5)) == 2


@pytest.mark.parametrize(("is_audit", "is_double", "skip_reviewed"), product((False, True), repeat=3))
@pytest.mark.parametrize("kind", list(ReviewKind))
@pytest.mark.parametrize("is_here", [True, False])
def test_which_reviews_count_for_a_card(is_audit, is_double, skip_reviewed, kind, is_here):
    queue = made_queue(1, (1,) * is_audit, (1,) * is_double, skip_reviewed=skip_reviewed)
    desk = Desk(queue)
    desk.decide(1, "Ana", kind=kind, queue=None if is_here else "")
    counts = is_here or (skip_reviewed and not is_audit)
    if kind is ReviewKind.DERIVED and (is_audit or is_double):
        counts = False
    state = card_states(queue, desk.reviews)[1]
    assert state.decided_by == ({"Ana"} if counts else set())
    assert state.is_settled == (counts and kind is ReviewKind.ADJUDICATED)
    assert state.is_done(queue.cards[0]) == (counts and (not is_double or kind is ReviewKind.ADJUDICATED))


def test_a_skipped_card_is_left_to_others_until_the_skip_is_taken_back():
    queue = made_queue(2)
    desk = Desk(queue)
    desk.decide(1, "Ana", Decision.SKIP)
    assert number_of(next_card(queue, desk.reviews, [], "Ana", 0)) == 2
    assert number_of(next_card(queue, desk.reviews, [], "Bo", 0)) == 1
    assert progress(queue, desk.reviews, "Ana").n_skipped == 1
    assert card_states(queue, desk.reviews)[1] == CardState(skipped_by=frozenset({"Ana"}))
    withdrawn = [desk.decide(1, "Ana", Decision.SKIP, stands=False)]
    assert number_of(next_card(queue, withdrawn, [], "Ana", 0)) == 1
    elsewhere = [desk.decide(1, "Ana", Decision.SKIP, queue="other")]
    assert number_of(next_card(queue, elsewhere, [], "Ana", 0)) == 1
    desk.decide(1, "Ana")  # she decides it after all
    assert progress(queue, desk.reviews, "Ana").n_skipped == 0
    assert progress(queue, desk.reviews, "Ana").n_mine == 1


def test_a_withdrawn_decision_brings_its_card_back():
    queue = made_queue(2)
    desk = Desk(queue)
    desk.decide(1, "Ana", stands=False)
    assert number_of(next_card(queue, desk.reviews, [], "Ana", 0)) == 1


def test_nothing_left_gives_no_card_and_progress_tells_why():
    queue = made_queue(3, double=(2,))
    desk = Desk(queue)
    desk.decide(1, "Ana")
    desk.decide(2, "Ana")
    held = [claim(queue.cards[2], "Bo", 10)]
    assert next_card(queue, desk.reviews, held, "Ana", 5) is None
    mine = progress(queue, desk.reviews, "Ana", held, 5)
    assert (mine.n_cards, mine.n_done, mine.n_mine, mine.n_left, mine.n_held) == (3, 1, 2, 1, 1)
    theirs = progress(queue, desk.reviews, "Bo", held, 5)
    assert (theirs.n_mine, theirs.n_left, theirs.n_held) == (0, 2, 0)
    desk.decide(2, "Bo")
    desk.decide(3, "Bo")
    assert progress(queue, desk.reviews, "").is_finished
    assert not mine.is_finished


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    n_cards=st.integers(1, 6),
    double=st.sets(st.integers(1, 6)),
    audit=st.sets(st.integers(1, 6)),
)
def test_a_desk_of_reviewers_finishes_a_queue_without_wasted_work(seed, n_cards, double, audit):
    """Anybody may ask, decide, skip, go away and come back at any time; the rule is counted again at every step."""
    draw = random.Random(seed)
    queue = made_queue(n_cards, audit, {number for number in double if number <= n_cards})
    desk, claims, now = Desk(queue), {}, 0
    before = dict.fromkeys(PEOPLE)
    for _ in range(60):
        now += draw.choice([1, 1, 1, LEASE_US // 2, LEASE_US + 1])
        who = draw.choice(PEOPLE)
        card = next_card(queue, desk.reviews, claims.values(), who, now)
        decided = {
            number: {r.reviewer for r in desk.reviews if r.source == f"b{number}" and r.decision is not Decision.SKIP}
            for number in range(1, n_cards + 1)
        }
        skipped = {r.source for r in desk.reviews if r.reviewer == who and r.decision is Decision.SKIP}
        live = {(c.source, c.reviewer) for c in claims.values() if c.until_us > now and c.reviewer != who}
        free = [
            c.number
            for c in queue.cards
            if who not in decided[c.number]
            and c.source not in skipped
            and len(decided[c.number]) < c.n_needed
            and len(decided[c.number] | {r for source, r in live if source == c.source}) < c.n_needed
        ]
        wanted = before[who] if before[who] in free else next(iter(free), None)
        assert number_of(card) == wanted
        if card is None:
            continue
        others = {r for source, r in live if source == card.source}
        assert card.n_needed == 2 or not others  # nobody else has a card that one is to decide
        before[who] = card.number
        claims = {key: c for key, c in claims.items() if key[0] != who}
        claims[who, card.number] = claim(card, who, now + LEASE_US)
        done = draw.choice(["decide", "decide", "skip", "go away"])
        if done != "go away":
            decision = Decision.SKIP if done == "skip" else draw.choice(list(Decision)[:3])
            desk.decide(card.number, who, decision)
    states = card_states(queue, desk.reviews)
    assert all(len(states[card.number].decided_by) <= card.n_needed for card in queue.cards)


def test_a_card_decided_by_two_at_once_counts_both():
    """The lease ran out while Ana thought: Bo got her card, and both decided."""
    queue = made_queue(1)
    desk = Desk(queue)
    desk.decide(1, "Bo")
    desk.decide(1, "Ana", Decision.NEGATIVE)
    assert card_states(queue, desk.reviews)[1].decided_by == {"Ana", "Bo"}


def test_in_blind_mode_every_card_gives_the_same_reason_beforehand():
    queue = made_queue(3, audit=(2,))
    assert {card.why_before(is_blind=True) for card in queue.cards} == {HIDDEN_WHY}
    assert [card.why_before(is_blind=False) for card in queue.cards] == ["Why 1.", "Why 2.", "Why 3."]

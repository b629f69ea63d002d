"""Who gets which card of a queue: pure functions of the queue, the reviews so far and who holds which card.

A decision of anybody on a card's pair counts for the card, wherever it was made, with two exceptions. Audit cards, and
all cards of a queue that reviews again what was reviewed before, count only what was decided in this queue. And a
derived review, which nobody made by looking at the pair, never counts for an audit card or one that two must decide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core.graph.review.queue_file import Card, Queue
from core.store.review_log import Claim, Decision, Review, ReviewKind

LEASE_US: Final = 10 * 60 * 1_000_000  # how long a card stays with a reviewer who does not decide, in microseconds


@dataclass(frozen=True, slots=True)
class CardState:
    """Where a card stands: who has decided its pair, who has skipped it, and whether it was adjudicated."""

    decided_by: frozenset[str] = frozenset()
    skipped_by: frozenset[str] = frozenset()
    is_settled: bool = False

    def is_done(self, card: Card) -> bool:
        """Whether nobody needs to see the card again."""
        return self.is_settled or len(self.decided_by) >= card.n_needed


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """How far a queue and one reviewer in it have come, in cards.

    `n_done`: decided by as many as needed; `n_mine`: decided by the reviewer; `n_skipped`: left by them to others;
    `n_left`: those they could still decide, of which `n_held` are before other reviewers now.
    """

    n_cards: int
    n_done: int
    n_mine: int
    n_skipped: int
    n_left: int
    n_held: int

    @property
    def is_finished(self) -> bool:
        """Whether every card has its decisions."""
        return self.n_done == self.n_cards


def card_states(queue: Queue, reviews: Iterable[Review]) -> Mapping[int, CardState]:
    """Card number to its state, from the reviews of the catalogue in any order; withdrawn ones count for nothing."""
    decided: dict[int, set[str]] = {}
    skipped: dict[int, set[str]] = {}
    settled: set[int] = set()
    for review in reviews:
        card = queue.card_of.get((review.source, review.target))
        if card is None or not _counts(queue, card, review):
            continue
        if review.decision is Decision.SKIP:
            skipped.setdefault(card.number, set()).add(review.reviewer)
            continue
        decided.setdefault(card.number, set()).add(review.reviewer)
        if review.kind is ReviewKind.ADJUDICATED:
            settled.add(card.number)
    return {
        card.number: CardState(
            frozenset(decided.get(card.number, ())),
            frozenset(skipped.get(card.number, set()) - decided.get(card.number, set())),
            card.number in settled,
        )
        for card in queue.cards
    }


def next_card(
    queue: Queue, reviews: Iterable[Review], claims: Iterable[Claim], reviewer: str, now_us: int
) -> Card | None:
    """The card to show a reviewer: the one they hold, else the first that needs them; None when nothing is left.

    A card needs a reviewer who has neither decided nor skipped it while those who decided it and the others who hold it
    now are fewer than needed. So nobody gets a card whose last place another holds, and a refresh shows the same card.
    """
    claims = tuple(claims)
    free = free_cards(queue, card_states(queue, reviews), claims, reviewer, now_us)
    mine = {(claim.source, claim.target) for claim in claims if claim.reviewer == reviewer}
    return next((card for card in free if card.pair in mine), free[0] if free else None)


def free_cards(
    queue: Queue, states: Mapping[int, CardState], claims: Iterable[Claim], reviewer: str, now_us: int
) -> list[Card]:
    """The cards that may be put before a reviewer now, in the order of the queue."""
    held: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        if claim.reviewer != reviewer and claim.until_us > now_us:
            held.setdefault((claim.source, claim.target), set()).add(claim.reviewer)
    return [
        card
        for card in queue.cards
        if _is_open(card, states[card.number], reviewer)
        and len(states[card.number].decided_by | held.get(card.pair, set())) < card.n_needed
    ]


def progress(
    queue: Queue, reviews: Iterable[Review], reviewer: str, claims: Iterable[Claim] = (), now_us: int = 0
) -> QueueProgress:
    """Count a queue's cards for everybody and for one reviewer (an empty name for nobody in particular)."""
    states = card_states(queue, reviews)
    n_left = sum(_is_open(card, states[card.number], reviewer) for card in queue.cards)
    return QueueProgress(
        n_cards=len(queue),
        n_done=sum(states[card.number].is_done(card) for card in queue.cards),
        n_mine=sum(reviewer in state.decided_by for state in states.values()),
        n_skipped=sum(reviewer in state.skipped_by for state in states.values()),
        n_left=n_left,
        n_held=n_left - len(free_cards(queue, states, claims, reviewer, now_us)),
    )


def _counts(queue: Queue, card: Card, review: Review) -> bool:
    needs_a_look = card.is_audit or card.n_needed > 1
    if not review.stands or (needs_a_look and review.kind is ReviewKind.DERIVED):
        return False
    is_own = review.queue == queue.id
    if review.decision is Decision.SKIP:  # a skip elsewhere says nothing of this queue
        return is_own
    return is_own or (queue.settings.skip_reviewed and not card.is_audit)


def _is_open(card: Card, state: CardState, reviewer: str) -> bool:
    return not state.is_done(card) and reviewer not in state.decided_by and reviewer not in state.skipped_by

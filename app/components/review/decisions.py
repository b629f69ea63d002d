"""What the keys and buttons of the desk do: decide the card, or take the last decision back."""

from app.components.review.desk_state import DeskState, change_desk, next_turn
from app.services import current
from core.errors import ValenceError
from core.graph.review.queue_file import Card, Queue
from core.store.review_log import Decision, NewReview, Review, ReviewKind
from core.workflows.reviews import record_review, undo_review

DECIDED, UNDONE = "decided", "undone"


def decide(queue: Queue, state: DeskState, reviewer: str, decision: Decision, note: str, *, is_hidden: bool) -> bool:
    """Record a decision on the card of the desk and clear the desk; False where it went wrong, which is then shown."""
    card = queue.cards[state.card - 1]
    new = NewReview(
        catalogue=queue.catalogue,
        source=card.source,
        target=card.target,
        graph=queue.graph,
        reviewer=reviewer,
        decision=decision,
        queue=queue.id,
        note=note.strip(),
        is_blind=is_hidden,
    )
    try:
        review = record_review(current().workspace, new, state.key)
    except ValenceError as error:
        change_desk(state, failure=str(error))
        return False
    next_turn(state, last=review.id, told=DECIDED, about=card.number)
    return True


def undo(queue: Queue, state: DeskState, reviewer: str) -> None:
    """Take back one's last decision in this queue and put its card on the desk again."""
    last = last_decision(queue, reviewer)
    if last is None:
        change_desk(state, failure="You have not decided anything in this queue that could be taken back.")
        return
    try:
        undo_review(current().workspace, last.id, reviewer)
    except ValenceError as error:
        change_desk(state, failure=str(error))
        return
    number = queue.card_of[last.source, last.target].number
    next_turn(state, last=last.id, told=UNDONE, about=number, wanted=number)


def last_decision(queue: Queue, reviewer: str) -> Review | None:
    """The newest standing decision or skip of a reviewer on a card of this queue, made on its card."""
    made = (
        review
        for review in reversed(current().workspace.reviews.of_queue(queue.id))
        if review.reviewer == reviewer and review.stands and review.kind is ReviewKind.DECIDED
    )
    return next((review for review in made if (review.source, review.target) in queue.card_of), None)


def has_seen(queue: Queue, card: Card, reviewer: str) -> bool:
    """Whether a reviewer has decided the pair before: the judge's verdict was shown to them then."""
    reviews = current().workspace.reviews.of_pair(queue.catalogue, card.source, card.target)
    return any(review.reviewer == reviewer and review.decision is not Decision.SKIP for review in reviews)

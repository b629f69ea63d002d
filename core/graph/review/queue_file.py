"""A review queue: cards in their order, and the file that keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pydantic import TypeAdapter, ValidationError

from core.errors import CorruptArtefact
from core.fingerprint import canonical_json, content_id
from core.graph.model import Outcome
from core.graph.review.queue_settings import QueueSettings

HIDDEN_WHY: Final = "Why this pair is in the queue is shown after you have decided."


@dataclass(frozen=True, slots=True)
class Card:
    """One pair to be reviewed. `number`: its place in the queue, from 1; `source`, `target`: attribute ids in the order
    of the catalogue; `outcome`: what the judge said; `why`: a sentence or two, which may tell the judge's sign;
    `score`: what the policy ordered by, 0 for an audit card; `n_needed`: how many reviewers must decide it, 1 or 2.
    """

    number: int
    source: str
    target: str
    outcome: Outcome
    why: str
    score: float
    is_audit: bool
    n_needed: int

    @property
    def pair(self) -> tuple[str, str]:
        """Both ids, source first."""
        return self.source, self.target

    def why_before(self, is_blind: bool) -> str:
        """What may be told of its place in the queue before the reviewer has decided.

        In blind mode it is the same sentence for every card: the reason may give the judge's sign away, and a known
        audit card would be looked at with other eyes.
        """
        return HIDDEN_WHY if is_blind else self.why


@dataclass(frozen=True)
class Queue:
    """A queue over the pairs of one graph. `n_candidates`: pairs that the policy could choose from; `n_audit_frame`:
    judged pairs that the audit cards were drawn from; `n_left_out`: pairs left out because somebody had decided them.
    """

    catalogue: str
    graph: str
    settings: QueueSettings
    cards: tuple[Card, ...]
    n_candidates: int
    n_audit_frame: int
    n_left_out: int = 0

    def __len__(self) -> int:
        return len(self.cards)

    @cached_property
    def id(self) -> str:
        """Content id over everything in it; it is the link to share."""
        return content_id("queue", _ADAPTER.dump_python(self, mode="json"))

    @cached_property
    def card_of(self) -> Mapping[tuple[str, str], Card]:
        """Pair of attribute ids, in the order of the catalogue, to its card."""
        return {card.pair: card for card in self.cards}

    @property
    def audit_pairs(self) -> frozenset[tuple[str, str]]:
        """The pairs of the random audit sample."""
        return frozenset(card.pair for card in self.cards if card.is_audit)


_ADAPTER = TypeAdapter(Queue)


def write_queue(queue: Queue) -> bytes:
    """Render a queue as canonical JSON: the same queue gives the same bytes."""
    return canonical_json(_ADAPTER.dump_python(queue, mode="json")).encode("utf-8")


def read_queue(data: bytes) -> Queue:
    """Read what `write_queue` wrote; `CorruptArtefact` for anything else."""
    try:
        return _ADAPTER.validate_json(data)
    except ValidationError as error:
        raise CorruptArtefact("The file of this review queue cannot be read.", "Make the queue again.") from error

"""How a review queue is chosen: one frozen object that is the form, part of the queue's file and of its id."""

from enum import StrEnum
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.graph.model import Outcome

MOST_CARDS: Final = 5_000
JUDGED: Final = (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)


class QueuePolicy(StrEnum):
    """What makes a pair worth an expert's time; `ABOUT` says it in a sentence for each."""

    DISAGREEMENT = "disagreement"
    SURPRISE = "surprise"
    FEW_FACTS = "few-facts"
    LEVERAGE = "leverage"
    AUDIT = "audit"
    LISTED = "listed"


ABOUT: Final = {
    QueuePolicy.DISAGREEMENT: "Pairs that another graph answers otherwise, or whose verdict changed when asked again.",
    QueuePolicy.SURPRISE: "Pairs whose verdict disagrees with most pairs of the same groups, or with its triangles.",
    QueuePolicy.FEW_FACTS: "Pairs about whose attributes least is known, so that the judge had little to go by.",
    QueuePolicy.LEVERAGE: "Edges whose flipped sign would push the most rows out of their label's range.",
    QueuePolicy.AUDIT: "A random sample of all judged pairs, neutral ones too: it measures how often the judge errs.",
    QueuePolicy.LISTED: "Pairs that somebody picked, such as those in which two compared graphs differ.",
}


class ListedPair(BaseModel):
    """A pair picked by hand or by a comparison: two attribute ids in either order, and why it was picked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    target: str
    why: str = Field(default="", max_length=500)


class QueueSettings(BaseModel):
    """Which pairs come into a queue and how they are reviewed.

    `audit_share`: of the cards, drawn at random from all judged pairs (between `modalities`, where they are given) and
    flagged; every card of an `AUDIT` queue is one. `double_share`: of the cards, chosen at random, that two reviewers
    must decide. `outcomes`: what the judge must have said; audit cards and listed pairs come whatever it said.
    `modalities` names two, in either order. `skip_reviewed` leaves out pairs that somebody has decided, but never from
    the audit sample, which would then no longer be one of all pairs. `other`: id of the graph to disagree with, empty
    for repeated askings. `dataset`: id of the dataset whose rows give the leverage, empty for random subgraphs.
    `pairs`: those of a `LISTED` queue, in their order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: QueuePolicy = QueuePolicy.SURPRISE
    n_cards: int = Field(default=50, ge=1, le=MOST_CARDS)
    seed: int = Field(default=0, ge=0, lt=2**63)
    audit_share: float = Field(default=0.1, ge=0, le=0.9)
    double_share: float = Field(default=0.2, ge=0, le=1)
    outcomes: tuple[Outcome, ...] = Field(default=JUDGED, min_length=1)
    modalities: tuple[str, str] | None = None
    skip_reviewed: bool = True
    is_blind: bool = True
    other: str = ""
    dataset: str = ""
    pairs: tuple[ListedPair, ...] = ()

    @model_validator(mode="after")
    def _fits_its_policy(self) -> Self:
        if self.policy is QueuePolicy.LISTED and not self.pairs:
            raise ValueError("a queue of listed pairs needs `pairs`: list at least one, or choose another policy")
        for name, owner in (
            ("pairs", QueuePolicy.LISTED),
            ("other", QueuePolicy.DISAGREEMENT),
            ("dataset", QueuePolicy.LEVERAGE),
        ):
            if getattr(self, name) and self.policy is not owner:
                raise ValueError(f"`{name}` belongs to the policy {owner.value!r}: leave it out, or choose that policy")
        return self

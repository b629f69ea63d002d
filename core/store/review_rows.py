"""What a review is: a fact about one pair by one reviewer; what keeps one from being recorded."""

import unicodedata
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple

from core.errors import Problem

MAX_NOTE_LENGTH = 10_000
MAX_REVIEWER_LENGTH = 100


class Decision(StrEnum):
    """What a reviewer said of a pair; a skip says that they saw it and leave it to others."""

    POSITIVE = "+"
    NEGATIVE = "-"
    NEUTRAL = "0"
    SKIP = "skip"


class ReviewKind(StrEnum):
    """How a review came about: decided on its card, derived from a look-alike, settled between reviewers, imported."""

    DECIDED = "decided"
    DERIVED = "derived"
    ADJUDICATED = "adjudicated"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review to be recorded. `source`, `target`: attribute ids in the order of the catalogue; `graph`: the graph that
    the reviewer was looking at; `queue`: empty outside a queue; `is_blind`: the judge's sign was hidden;
    `derived_from`: the review that it repeats, of kind `DERIVED` only.
    """

    catalogue: str
    source: str
    target: str
    graph: str
    reviewer: str
    decision: Decision
    kind: ReviewKind = ReviewKind.DECIDED
    queue: str = ""
    note: str = ""
    is_blind: bool = False
    derived_from: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """A recorded review: what was recorded, its place in the order of arrival (from 1), its id and times (UTC ISO).

    `withdrawn_at` is empty while it stands.
    """

    number: int
    id: str
    catalogue: str
    source: str
    target: str
    graph: str
    reviewer: str
    decision: Decision
    kind: ReviewKind
    queue: str
    note: str
    is_blind: bool
    derived_from: str
    made_at: str
    withdrawn_by: str = ""
    withdrawn_at: str = ""

    @property
    def stands(self) -> bool:
        """Whether nobody has withdrawn it."""
        return not self.withdrawn_at


class Claim(NamedTuple):
    """A card of a queue that a reviewer has before them; `until_us`: microseconds since 1970 at which it lapses."""

    source: str
    target: str
    reviewer: str
    until_us: int


class PairEnds(NamedTuple):
    """A pair by its attribute ids, in the order of the catalogue."""

    source: str
    target: str


def review_problems(review: NewReview, row: int | None = None) -> list[Problem]:
    """What keeps a review from being recorded; `row` is named in each problem."""
    problems = [Problem(*what, row=row, field="reviewer") for what in reviewer_faults(review.reviewer)]
    if len(review.note) > MAX_NOTE_LENGTH:
        message = f"The note has {len(review.note):,} characters; at most {MAX_NOTE_LENGTH:,} are kept."
        problems.append(Problem(message, "Shorten it.", row, "note"))
    if review.source == review.target:
        problems.append(Problem("A pair has two different ends.", "Choose another attribute.", row, "target"))
    if review.kind is ReviewKind.ADJUDICATED and review.decision is Decision.SKIP:
        problems.append(Problem("An adjudication cannot skip.", "Decide +, - or 0.", row, "decision"))
    if (review.kind is ReviewKind.DERIVED) != bool(review.derived_from):
        problems.append(
            Problem("A derived review, and only one, names the review it repeats.", row=row, field="derived_from")
        )
    for name in _TEXTS:
        if not _is_text(getattr(review, name)):
            message = f"The text {ascii(getattr(review, name))[:60]} holds half a character."
            problems.append(Problem(message, "Type it again.", row, name))
    return problems


def reviewer_faults(name: str) -> list[tuple[str, str]]:
    """What is wrong with the name of a reviewer, and what to do: it must be one line that people can tell apart."""
    if not name.strip():
        return [("The reviewer has no name.", "Write your name.")]
    faults = []
    if name != name.strip():
        faults.append(("The name begins or ends with a space.", "Take the space away."))
    if len(name) > MAX_REVIEWER_LENGTH:
        faults.append((f"The name has {len(name):,} characters; at most {MAX_REVIEWER_LENGTH} fit.", "Shorten it."))
    if any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in name):
        faults.append(("The name holds a line break or an invisible character.", "Type it again."))
    return faults


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


_TEXTS = tuple(field.name for field in fields(NewReview) if field.name not in ("decision", "kind", "is_blind"))

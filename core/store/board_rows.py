"""A submission as a row: who sent it, what became of it, and where its predictions lie."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A scored submission as stored; times are UTC ISO text, `day` is the UTC date.

    `standing`: what its score is held against: with the version, the team and the track it names one row of the board.
    `shown`: the submission whose figures stand for this one, itself where it improved its standing; only then it has
    `figures`, of the public rows (JSON text). `body_digest`: SHA-256 of the file as sent; `file_digest`: of the
    predictions as stored; `config`: JSON text.
    """

    id: str
    version: str
    team: str
    model: str
    track: str
    standing: str
    source: str
    code_ref: str
    config: str
    submitted_at: str
    day: str
    body_digest: str
    file_digest: str
    shown: str
    figures: str | None

    @property
    def is_improvement(self) -> bool:
        """Whether it was better than everything of its standing before, beyond noise."""
        return self.shown == self.id


@dataclass(frozen=True, slots=True)
class KeyRow:
    """The answer given under an idempotency key: to which request, and the receipt (JSON text)."""

    version: str
    team: str
    key: str
    request_digest: str
    submission: str
    receipt: str


class Usage(NamedTuple):
    """How many submissions of a team to a version were scored: on one day, and ever."""

    today: int
    total: int


class Standing(NamedTuple):
    """One row of the board: the team's entry for a version in a track. `name` keeps apart the models of a team that
    may have several entries; it is empty for a team that has one.
    """

    version: str
    team: str
    track: str
    name: str

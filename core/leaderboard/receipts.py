"""What a team is told of a submission: never more than the score that its standing shows."""

from pydantic import BaseModel, ConfigDict, Field


class Receipt(BaseModel):
    """The answer to a scored submission, the same text whenever the same key asks again.

    `public_score`, `low`, `high`: the macro F1 that the team's standing shows, with its 95 % interval, at three
    decimals: its own score where the submission `improved` the standing, else that of the submission `shown`.
    `repeated`: the same file was scored before under this `id`, and no quota was used. `remaining_*`: what is left of
    the quota after it (days are UTC).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    team: str
    model: str
    track: str
    submitted_at: str
    public_score: float = Field(ge=0.0, le=1.0)
    low: float
    high: float
    improved: bool
    shown: str
    repeated: bool
    remaining_today: int
    remaining_total: int
    note: str

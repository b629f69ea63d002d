"""What the API answers with; every field is one that its reader may see."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuotaLeft(_Answer):
    """Scored submissions that a team has left for a version; days are UTC. `today` is never more than `total`."""

    version: str
    today: int = Field(ge=0)
    total: int = Field(ge=0)


class Quotas(_Answer):
    """What is left for every version that is open."""

    quotas: list[QuotaLeft]


class Version(_Answer):
    """A version to train for and submit to. `kind`: random, or cold (test rows hold attributes no training row has).

    `files`: what this token may download, each at `/versions/{id}/{file}`.
    """

    id: str
    title: str
    state: str = Field(description="open, or closed: then nothing more is scored, and private scores are out")
    kind: str
    labels: list[str]
    n_train: int
    n_test: int
    opened_at: str
    closed_at: str | None
    files: list[str]
    quota: QuotaLeft


class VersionCard(Version):
    """A version with the lines of its board: macro F1 of the majority, of a model that knows the graph, and the ceiling
    that the overlap of the labels allows; and what else its card says.
    """

    lines: dict[str, float | None]
    card: dict[str, Any]


class Versions(_Answer):
    """Every version, those that were opened last first."""

    versions: list[Version]


class Remaining(_Answer):
    """What is left of the quota after this."""

    today: int
    total: int


class ReceiptAnswer(_Answer):
    """A scored submission. `public_score`, `low`, `high`: macro F1 the team's standing shows, its 95 % interval.

    Where the submission `improved` the standing beyond noise it is its own score, else that of `shown`.
    `repeated`: the same file was scored before under this `id`, and no quota was used.
    """

    id: str
    version: str
    team: str
    model: str
    track: str
    submitted_at: str
    public_score: float
    low: float
    high: float
    improved: bool
    shown: str
    repeated: bool
    remaining: Remaining
    note: str


class ScoreShown(_Answer):
    """Macro F1 with its 95 % interval, at three decimals."""

    score: float
    low: float
    high: float


class SubmissionAnswer(_Answer):
    """A submission of one's own team. `public`: what its standing showed then (of `shown`); `private`: of this very
    submission, once the version is closed.
    """

    id: str
    version: str
    model: str
    track: str
    submitted_at: str
    improved: bool
    shown: str
    public: ScoreShown
    private: ScoreShown | None
    code_ref: str
    config: dict[str, Any]


class Results(_Answer):
    """Submissions of one's own team, in order of arrival."""

    team: str
    track: str
    submissions: list[SubmissionAnswer]

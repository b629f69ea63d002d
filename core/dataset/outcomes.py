"""What became of a label: its rows and how they were found, or why it has none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.sampler.configuration import SearchMethod
from core.sampler.feasibility import UnmetLabel


@dataclass(frozen=True, slots=True)
class LabelFailure:
    """Why a label has no rows: the reason in one sentence, the closest fractions found, the bounds they miss.

    `proven` says that the quotas rule the label out; otherwise it was only not found.
    """

    reason: str
    closest_pos_frac: float
    closest_neg_frac: float
    missed: tuple[str, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class LabelOutcome:
    """What became of one label: its rows and how they were found, or the failure.

    `random_share` is the share of random subgraphs that qualify; `proposals_per_row` counts drawing, annealing and
    mixing together; `n_retried` rows needed more than one annealing run.
    """

    label: str
    n_rows: int
    method: SearchMethod | None = None
    random_share: float | None = None
    mixing_proposals: int = 0
    proposals_per_row: float = 0.0
    n_retried: int = 0
    failure: LabelFailure | None = None

    def record(self) -> dict[str, Any]:
        """The outcome as JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LabelPart:
    """What became of the part of a label that lies in one shard, `n_rows` rows from row `first_row` of the dataset."""

    label: str
    first_row: int
    n_rows: int
    method: SearchMethod | None = None
    random_share: float | None = None
    mixing_proposals: int = 0
    n_proposals: int = 0
    n_retried: int = 0
    failure: LabelFailure | None = None


def label_outcome(label: str, parts: Sequence[LabelPart]) -> LabelOutcome:
    """A label's parts, in the order of their rows, as one; one part that failed fails the label."""
    for part in parts:
        if part.failure:
            return LabelOutcome(label, 0, failure=part.failure)
    n_rows = sum(part.n_rows for part in parts)
    return LabelOutcome(
        label,
        n_rows,
        parts[0].method,
        parts[0].random_share,
        parts[0].mixing_proposals,
        sum(part.n_proposals for part in parts) / n_rows,
        sum(part.n_retried for part in parts),
    )


def failure_of(error: UnmetLabel) -> LabelFailure:
    """The failure that the sampler reported."""
    closest = error.closest
    reason = f"{error.message} {error.fix}"
    return LabelFailure(reason, closest.pos_frac, closest.neg_frac, error.missed, error.proven)

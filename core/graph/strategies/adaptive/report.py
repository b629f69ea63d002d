"""What an adaptive run reports of itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from core.graph.intervals import Interval
from core.graph.model import VerdictTable


class Purpose(StrEnum):
    """What calls were made for."""

    START = "random start"
    ROUTED = "most useful next"
    AUDIT = "audit"
    EVERYTHING = "every pair"


class CurvePoint(NamedTuple):
    """After so many calls: pairs asked, the noise found in the answers, the recall the model expects of its graph."""

    n_calls: int
    n_asked: int
    noise: float
    expected_recall: float


class Quality(NamedTuple):
    """Estimates with their confidence intervals, against a judge that errs never but says what this one means.

    `recall`: share of the true edges that the graph has, of whichever sign; `precision`: share of the graph's edges
    that are true, of whichever sign; `sign_precision`: share that are true and of the right sign.
    """

    recall: Interval
    precision: Interval
    sign_precision: Interval


@dataclass(frozen=True, slots=True)
class AdaptiveReport:
    """How good the graph is by the run's own estimate, and what it took.

    `quality` rests on `n_audited` random answers in `n_audit_clusters` calls; its intervals are [0, 1] when the run
    ended before its audit. `noise`: estimated share of answers that are wrong. Asked, inferred and left-out pairs, and
    those never reached by a usable answer (`n_unanswered`), are all there are; `n_overturned` of the asked ones were
    found unlikely and are inferred in the graph.
    """

    quality: Quality
    noise: float
    calls: dict[Purpose, int]
    curve: tuple[CurvePoint, ...]
    n_pairs: int
    n_asked: int
    n_inferred: int
    n_overturned: int
    n_left_out: int
    n_unanswered: int
    n_audited: int
    n_audit_clusters: int
    is_target_reached: bool


@dataclass(frozen=True, eq=False)
class AdaptiveRun:
    """The verdicts, the calls they took, why the run ended ("" when nothing was left to ask), and its report."""

    verdicts: VerdictTable
    n_calls: int
    stopped: str
    report: AdaptiveReport

"""The evaluation log of one model run, as other programs write it: what it must hold, and what contradicts itself.

A log is what its author says; nobody has seen the predictions. docs/evaluation-logs.md describes it for authors.
"""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from core.fingerprint import canonical_json, content_id
from core.leaderboard.metrics import f1_per_class, score_of

MAX_NAME_LENGTH: Final = 100
MAX_REFERENCE_LENGTH: Final = 500
MAX_CONFIG_CHARACTERS: Final = 50_000
MAX_LABELS: Final = 50
MAX_POINTS: Final = 10_000
MAX_ROWS: Final = 10**12
ROUNDING: Final = 0.00051  # figures may be given to three decimals
_DAY: Final = datetime.timedelta(days=1)
_FIRST_YEAR: Final = 2000  # earlier dates are slips, and would stretch every chart over time
_KEPT: Final = {"is_kept": True}


def _refused(message: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("refused", "{message}", {"message": message, "fix": fix})


def _one_line(text: str) -> str:
    if not text.strip() or text != text.strip():
        raise _refused(f"{text!r} is empty, or begins or ends with a space.", "Write the name alone.")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in text):
        raise _refused(f"{text!a} holds a line break or an invisible character.", "Type it again, on one line.")
    return text


def _moment(written: object) -> datetime.datetime:
    """ISO text only, so that no number is taken for a time; a date alone is its first moment, UTC."""
    fix = "Write it as 2026-07-27 or 2026-07-27T10:11:12Z."
    if not isinstance(written, str):
        raise _refused(f"{written!r} is no time.", fix)
    try:
        moment = datetime.datetime.fromisoformat(written)
    except ValueError as error:
        raise _refused(f"{written[:40]!r} is no time.", fix) from error
    if moment.tzinfo is None and len(written) > len("2026-07-27"):
        raise _refused(f"{written!r} names no time zone.", fix)
    try:
        return moment.astimezone(datetime.UTC) if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    except OverflowError as error:
        raise _refused(f"{written!r} lies outside the years 1 to 9999.", fix) from error


def _in_our_time(moment: datetime.datetime, info: ValidationInfo) -> datetime.datetime:
    if info.context is _KEPT:
        return moment
    if moment > datetime.datetime.now(datetime.UTC) + _DAY:
        raise _refused(f"{moment.isoformat()} has not come yet.", "Write when the run ended.")
    if moment.year < _FIRST_YEAR:
        raise _refused(f"{moment.isoformat()} lies before the year {_FIRST_YEAR}.", "Write when the run ended.")
    return moment


def _short_enough(config: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        length = len(canonical_json(config).encode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _refused(f"The configuration is no plain JSON: {error}.", "Use text and finite numbers.") from error
    if length > MAX_CONFIG_CHARACTERS:
        raise _refused(
            f"The configuration takes {length:,} bytes; at most {MAX_CONFIG_CHARACTERS:,} are kept.",
            "Keep the settings that matter, and put a reference to the rest into code_ref.",
        )
    return config


Name = Annotated[str, Field(max_length=MAX_NAME_LENGTH), AfterValidator(_one_line)]
Reference = Annotated[str, Field(max_length=MAX_REFERENCE_LENGTH), AfterValidator(_one_line)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=MAX_ROWS)]
Figure = Annotated[float, Field(allow_inf_nan=False)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_in_our_time)]


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LabelFigures(_Written):
    """What a log says of one label; `n_rows` is the number of rows that truly have it."""

    f1: Share
    precision: Share | None = None
    recall: Share | None = None
    n_rows: Count | None = None


class Metrics(_Written):
    """Figures between 0 and 1; `ece`: the expected calibration error."""

    macro_f1: Share
    accuracy: Share | None = None
    ece: Share | None = None
    per_class: Annotated[dict[Name, LabelFigures], Field(min_length=2, max_length=MAX_LABELS)] | None = None


class ConfusionTable(_Written):
    """`counts[i][j]`: rows of the true label `labels[i]` that were predicted to be `labels[j]`."""

    labels: Annotated[list[Name], Field(min_length=2, max_length=MAX_LABELS)]
    counts: Annotated[list[list[Count]], Field(min_length=2, max_length=MAX_LABELS)]

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        n = len(self.labels)
        if len(set(self.labels)) < n:
            raise _refused("A label is named twice.", "Name each label once.")
        if len(self.counts) != n or any(len(row) != n for row in self.counts):
            raise _refused(
                f"{n} labels need {n} lists of {n} counts; these are {len(self.counts)} lists of "
                f"{', '.join(sorted({str(len(row)) for row in self.counts}))}.",
                "Write one list per true label, with one count per predicted label.",
            )
        if not any(map(any, self.counts)):
            raise _refused("The confusion matrix counts no row.", "Write the counts of the test rows.")
        return self

    def table(self) -> NDArray[np.int64]:
        """The counts, int64 [K, K]: rows are true labels, columns predicted ones."""
        return np.array(self.counts, dtype=np.int64)


class CurvePoint(_Written):
    """One point of the learning curve: the step, epoch or number of rows, and what was measured there by name."""

    step: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    measures: Annotated[dict[Name, Figure], Field(min_length=1, max_length=20)]


class EvaluationLog(_Written):
    """One evaluated model run. `dataset_version`: an id of a dataset, its first letters (8 or more), or its title."""

    model: Name
    family: Name
    team: Name
    dataset_version: Name
    split_kind: Literal["random", "cold"]
    track: Literal["blind", "graph-aware"]
    n_rows: Annotated[int, Field(ge=1, le=MAX_ROWS)]
    date: Moment
    metrics: Metrics | None = None
    confusion: ConfusionTable | None = None
    code_ref: Reference | None = None
    config: Annotated[dict[str, JsonValue], AfterValidator(_short_enough)] | None = None
    learning_curve: Annotated[list[CurvePoint], Field(min_length=1, max_length=MAX_POINTS)] | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self, info: ValidationInfo) -> Self:
        if info.context is _KEPT:
            return self
        if self.metrics is None and self.confusion is None:
            raise _refused("There are neither metrics nor a confusion matrix.", "Add 'metrics' or 'confusion'.")
        contradictions = _contradictions(self)
        if contradictions:
            raise _refused(" ".join(contradictions), "Correct the figures that are wrong; nothing is recalculated.")
        return self

    @classmethod
    def of_kept(cls, content: Mapping[str, Any]) -> Self:
        """A log that was taken in before: what is refused at the door today does not take it off the board."""
        return cls.model_validate(content, context=_KEPT)

    @property
    def id(self) -> str:
        """The content id: the same log, however it was spaced and ordered, has the same one."""
        return content_id("evaluation_log", self.as_json())

    def as_json(self) -> dict[str, Any]:
        """The log as JSON data, without what was not given."""
        return self.model_dump(mode="json", exclude_none=True)


def label_scores(counts: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """F1, precision and recall of each label from int64 [K, K] counts; 0 where there is nothing to share."""
    hits, true, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return {
        "f1": f1_per_class(counts),
        "precision": hits / np.maximum(predicted, 1),
        "recall": hits / np.maximum(true, 1),
    }


def _contradictions(log: EvaluationLog) -> list[str]:
    found = []
    if log.confusion is not None:
        n_counted = int(log.confusion.table().sum())
        if n_counted != log.n_rows:
            found.append(f"The confusion matrix counts {n_counted:,} rows, n_rows says {log.n_rows:,}.")
    if log.metrics is not None:
        found += _within_metrics(log.metrics, log.n_rows)
    if log.metrics is not None and log.confusion is not None:
        found += _against_matrix(log.metrics, log.confusion)
    return found


def _within_metrics(metrics: Metrics, n_rows: int) -> list[str]:
    if metrics.per_class is None:
        return []
    found = []
    labels = metrics.per_class.values()
    mean = sum(label.f1 for label in labels) / len(labels)
    if abs(mean - metrics.macro_f1) > 2 * ROUNDING:  # both sides may be rounded
        found.append(f"macro_f1 is {metrics.macro_f1:g}, but the mean of the labels' f1 is {mean:.4f}.")
    counts = [label.n_rows for label in labels if label.n_rows is not None]
    is_too_many = sum(counts) > n_rows
    if is_too_many or (len(counts) == len(metrics.per_class) and sum(counts) != n_rows):
        found.append(f"The labels' n_rows add up to {sum(counts):,}, n_rows says {n_rows:,}.")
    return found


def _against_matrix(metrics: Metrics, confusion: ConfusionTable) -> list[str]:
    counts = confusion.table()
    scores = label_scores(counts)
    whole = score_of(counts)
    pairs: list[tuple[str, float | None, float]] = [
        ("macro_f1", metrics.macro_f1, whole.macro_f1),
        ("accuracy", metrics.accuracy, whole.accuracy),
    ]
    per_class = metrics.per_class or {}
    unknown = sorted(set(per_class) ^ set(confusion.labels)) if per_class else []
    if unknown:
        return [f"per_class and the confusion matrix do not name the same labels: {', '.join(map(repr, unknown))}."]
    for name, figures in per_class.items():
        k = confusion.labels.index(name)
        pairs += [(f"{part} of {name!r}", getattr(figures, part), float(scores[part][k])) for part in scores]
        pairs.append((f"n_rows of {name!r}", figures.n_rows, float(counts[k].sum())))
    return [
        f"{what} is {given:g}, the confusion matrix makes it {_as_given(computed, what)}."
        for what, given, computed in pairs
        if given is not None and abs(given - computed) > ROUNDING
    ]


def _as_given(value: float, what: str) -> str:
    return f"{value:,.0f}" if what.startswith("n_rows") else f"{value:.4f}"


_PERCENT: Final = re.compile(r"(macro_f1|accuracy|ece|f1|precision|recall)$")


def is_share_field(path: str) -> bool:
    """Whether a field holds a share, which people often write in percent."""
    return bool(_PERCENT.search(path))

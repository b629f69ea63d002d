"""What one training leaves behind: `report.json`, from which pages and boards read."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from core.models.protocol import Track


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ValidationScore(_Part):
    """Scores (0..1) on training rows that were set aside; never on test rows.

    `f1` by label; `ece`: expected calibration error of the most probable label, 15 bins of equal width.
    """

    n_rows: int
    macro_f1: float
    accuracy: float
    f1: dict[str, float]
    ece: float


class DroppedModality(_Part):
    """The score of the same model when every attribute of one modality is taken out of the rows to score."""

    modality: str
    score: ValidationScore


class CurvePoint(_Part):
    """The score of a model of the same settings, fitted on fewer rows; `seconds` it took to fit."""

    n_rows: int
    score: ValidationScore
    seconds: float


class ColdScore(_Part):
    """The score on rows that hold attributes which no row of the fit held.

    `n_attributes` were held out of the fit, a share of each modality's; every scored row holds at least one.
    `warm`: the same model on validation rows that hold none of them, for comparison.
    """

    n_attributes: int
    n_fit_rows: int
    cold: ValidationScore
    warm: ValidationScore


class Robustness(_Part):
    """All of it inside the training rows. A part is None, or a modality left out, where `notes` says why."""

    score: ValidationScore
    dropped: tuple[DroppedModality, ...]
    learning_curve: tuple[CurvePoint, ...]
    unseen: ColdScore | None
    notes: tuple[str, ...] = ()


class VectorsUsed(_Part):
    """Where the content vectors came from, and how long they are; empty texts where a run had none."""

    id: str
    made_by: str
    dimensions: int
    note: str = ""


class TrainingReport(_Part):
    """One training, start to end.

    `settings`: as asked for; `found`: with what a search chose, equal to `settings` where none was made. `measures`:
    the last value of each curve in `curve.jsonl`. `libraries`: version of each library by name.
    """

    version: Literal[1] = 1
    family: str
    title: str
    track: Track
    settings: dict[str, Any]
    found: dict[str, Any]
    seed: int
    labels: tuple[str, ...]
    modalities: tuple[str, ...]
    n_training_rows: int
    n_test_rows: int
    n_attributes: int
    vectors: VectorsUsed
    fit_seconds: float
    fit_cpu_seconds: float
    peak_memory_mb: float
    measures: dict[str, float]
    robustness: Robustness | None
    libraries: dict[str, str]
    notes: tuple[str, ...] = ()


class CurveLine(_Part):
    """One line of `curve.jsonl`: a step of the training that measured something. `seconds` since its start."""

    step: int
    total: int
    note: str
    seconds: float
    measures: dict[str, float]

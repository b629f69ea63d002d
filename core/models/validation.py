"""How far a predictor can be relied on, measured inside the training rows; test rows are never looked at."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.models.encoders import drop_modality, modality_counts
from core.models.holdout import HoldOut, hold_out, thin
from core.models.protocol import Family, FittedModel, Training, TrainingStep
from core.models.report import ColdScore, CurvePoint, DroppedModality, Robustness, ValidationScore
from core.models.scores import score_probabilities
from core.models.tables import CampaignRows, TrainingSet
from core.progress import retold

MACRO_F1 = "validation macro F1"

_PARTS = 100  # steps that each fit counts for
_LEAST_ROWS = 30  # to score, or to fit on: fewer say nothing

_Share = Annotated[float, Field(gt=0, lt=1)]


class RobustnessSettings(BaseModel):
    """What is measured beside the score itself.

    `validation`: share of the rows set aside. `sizes`: shares of the others that further models are fitted on.
    `unseen`: share of each modality's attributes that one more model never sees, 0 for none. `most_rows` are used
    in all, drawn from the training rows, since every point of these costs a fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    validation: _Share = 0.2
    sizes: tuple[_Share, ...] = (0.125, 0.25, 0.5)
    unseen: Annotated[float, Field(ge=0, lt=1)] = 0.1
    most_rows: Annotated[int, Field(ge=100)] = 30_000


class _Unseen(NamedTuple):
    """`fit`: training rows without held-out attributes; of the rows to score, `cold` hold some and `warm` none."""

    n_attributes: int
    fit: NDArray[np.int64]
    cold: NDArray[np.int64]
    warm: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Fits:
    """Fits one model after the other and says how far all of them have come."""

    family: Family
    settings: Any
    seed: int
    n_fits: int

    def fit(self, training: TrainingSet, number: int, note: str) -> Training[FittedModel]:
        """Fit number `number` of `n_fits`."""
        steps = self.family.fit(training, self.settings, self.seed)

        def tell(step: TrainingStep) -> TrainingStep:
            done = number * _PARTS + _PARTS * step.done // max(step.total, 1)
            return TrainingStep(done, self.n_fits * _PARTS, note)

        return retold(steps, tell)


def measure_robustness(
    family: Family, training: TrainingSet, settings: Any, seed: int, plan: RobustnessSettings
) -> Training[Robustness]:
    """Score on rows set aside: as they are, with each modality dropped, by training size, and on unseen attributes.

    `settings` are used as they are in every fit, so they should search nothing. A figure that these rows do not allow
    is left out, and `notes` says why; `ValenceError` where no row can be set aside.
    """
    notes = []
    used = training.take(thin(training, plan.most_rows, seed))
    if len(used) < len(training):
        notes.append(f"Measured on {len(used):,} of the {len(training):,} training rows.")
    parts = hold_out(used, plan.validation, seed)
    sizes = _sizes(used, parts, plan.sizes)
    unseen = _hold_attributes_out(used, parts, plan.unseen, seed) if plan.unseen else None
    if plan.unseen and unseen is None:
        notes.append(_UNSEEN_NOTE)
    fits = _Fits(family, settings, seed, 1 + len(sizes) + (unseen is not None))
    valid = used.take(parts.valid)

    start_s = time.perf_counter()
    model = yield from fits.fit(used.take(parts.fit), 0, f"Fit on {len(parts.fit):,} rows")
    full = CurvePoint(
        n_rows=len(parts.fit), score=score_model(model, valid), seconds=round(time.perf_counter() - start_s, 3)
    )
    yield TrainingStep(_PARTS, fits.n_fits * _PARTS, "Modalities dropped", {MACRO_F1: full.score.macro_f1})
    dropped = _drop_each_modality(model, valid)
    curve = yield from _learning_curve(fits, used, parts, sizes, valid, seed)
    cold = None
    if unseen is not None:
        note = "Fit without some attributes"
        cold_model = yield from fits.fit(used.take(unseen.fit), fits.n_fits - 1, note)
        cold = ColdScore(
            n_attributes=unseen.n_attributes,
            n_fit_rows=len(unseen.fit),
            cold=score_model(cold_model, used.take(unseen.cold)),
            warm=score_model(cold_model, used.take(unseen.warm)),
        )
    yield TrainingStep(fits.n_fits * _PARTS, fits.n_fits * _PARTS, "Robustness measured")
    return Robustness(score=full.score, dropped=dropped, learning_curve=(*curve, full), unseen=cold, notes=tuple(notes))


def score_model(model: FittedModel, labelled: TrainingSet, rows: CampaignRows | None = None) -> ValidationScore:
    """Score a model on labelled rows, or on changed `rows` of the same labels."""
    score = score_probabilities(model.probabilities(labelled.rows if rows is None else rows), labelled.label)
    f1 = dict(zip(labelled.labels, score.f1.tolist(), strict=True))
    return ValidationScore(n_rows=len(labelled), macro_f1=score.macro_f1, accuracy=score.accuracy, f1=f1, ece=score.ece)


_UNSEEN_NOTE = (
    "Unseen attributes were not measured: too few rows hold none of those that would be held out, or all of them do."
)


def _drop_each_modality(model: FittedModel, valid: TrainingSet) -> tuple[DroppedModality, ...]:
    """The score without each modality that some row holds."""
    table = valid.attributes
    held = modality_counts(table, valid.rows).sum(axis=0)
    return tuple(
        DroppedModality(modality=name, score=score_model(model, valid, drop_modality(table, valid.rows, number)))
        for number, name in enumerate(table.modalities)
        if held[number]
    )


def _sizes(used: TrainingSet, parts: HoldOut, shares: Sequence[float]) -> list[int]:
    """Numbers of rows to fit on, ascending, that are worth a point."""
    sizes = sorted({round(share * len(parts.fit)) for share in shares})
    return [size for size in sizes if size >= max(_LEAST_ROWS, 5 * len(used.labels))]


def _learning_curve(
    fits: _Fits, used: TrainingSet, parts: HoldOut, sizes: Sequence[int], valid: TrainingSet, seed: int
) -> Training[list[CurvePoint]]:
    """Further fits, each on a part of the next one's kind of rows: whole groups, stratified by label."""
    whole = used.take(parts.fit)
    points = []
    for number, size in enumerate(sizes, start=1):
        small = whole.take(thin(whole, size, seed))
        start_s = time.perf_counter()
        model = yield from fits.fit(small, number, f"Fit on {len(small):,} rows")
        seconds = round(time.perf_counter() - start_s, 3)
        points.append(CurvePoint(n_rows=len(small), score=score_model(model, valid), seconds=seconds))
    return points


def _hold_attributes_out(used: TrainingSet, parts: HoldOut, share: float, seed: int) -> _Unseen | None:
    """Hold a share of each modality's attributes out; None where what is left cannot be fitted or scored."""
    held_out = _drawn_attributes(used, share, seed)
    touched = np.zeros(len(used), dtype=np.bool_)
    touched[used.rows.row_of_node()[held_out[used.rows.nodes]]] = True
    fit = parts.fit[~touched[parts.fit]]
    cold, warm = parts.valid[touched[parts.valid]], parts.valid[~touched[parts.valid]]
    labels_left = len(np.unique(used.label[fit]))
    if min(len(fit), len(cold), len(warm)) < _LEAST_ROWS or labels_left < len(np.unique(used.label)):
        return None
    return _Unseen(int(held_out.sum()), fit, cold, warm)


def _drawn_attributes(used: TrainingSet, share: float, seed: int) -> NDArray[np.bool_]:
    """Attributes to hold out, bool [A]: of each modality the share, rounded down, of those that rows hold."""
    table = used.attributes
    drawn = np.zeros(len(table), dtype=np.bool_)
    rng = np.random.default_rng([seed, len(table)])
    held = np.unique(used.rows.nodes)
    for modality in range(len(table.modalities)):
        own = held[table.modality[held] == modality]
        drawn[rng.permutation(own)[: int(share * len(own))]] = True
    return drawn

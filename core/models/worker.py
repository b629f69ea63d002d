"""The training process: one task in; predictions, a report and a curve out."""

import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, TypeVar

from pydantic import BaseModel

from core.child_process import child_main, peak_memory_mb, report
from core.models.exchange import (
    CURVE_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    TrainingTask,
    read_task,
    write_predictions,
)
from core.models.pair_files import PAIRS_FILE, TellsPairs, write_pairs
from core.models.protocol import Family, FittedModel, Training, TrainingStep
from core.models.registry import check_installed, family_named
from core.models.report import CurveLine, Robustness, TrainingReport
from core.models.validation import measure_robustness
from core.progress import finish

T = TypeVar("T")

_PARTS = 1_000  # of the progress shown
_FIT_SHARE = 0.5  # of them, where robustness is measured after the fit
_ALWAYS = ("numpy", "scipy", "scikit-learn")


@dataclass(slots=True)
class _Curve:
    """Follows a training: says how far it is, writes what it measures, and keeps the last value of each measure."""

    file: IO[str]
    start_s: float
    measures: dict[str, float]

    def follow(self, training: Training[T], start: float, end: float) -> T:
        """Run a training to its end, which takes the progress from `start` to `end` (shares, 0..1)."""

        def tell(step: TrainingStep) -> None:
            share = start + (end - start) * step.done / max(step.total, 1)
            report(int(_PARTS * share), _PARTS, step.note)
            if step.measures:
                self._write(step.done, step.total, step.note, dict(step.measures))

        return finish(training, tell)

    def _write(self, done: int, total: int, note: str, measures: dict[str, float]) -> None:
        seconds = round(time.perf_counter() - self.start_s, 3)
        line = CurveLine(step=done, total=total, note=note, seconds=seconds, measures=measures)
        self.file.write(line.model_dump_json() + "\n")
        self.file.flush()  # a page reads along
        self.measures.update(measures)


def work(folder: Path) -> None:
    """Train on the folder's task, predict its test rows, and measure how far the model can be relied on.

    A model that estimates pairs of attributes leaves those as well.
    """
    task = read_task(folder)
    family = family_named(task.order.family)
    check_installed(family)
    with (folder / CURVE_FILE).open("w", encoding="utf-8") as file:
        made = _train(folder, task, family, _Curve(file, time.perf_counter(), {}))
    (folder / REPORT_FILE).write_text(made.model_dump_json(indent=2), encoding="utf-8")
    report(_PARTS, _PARTS, "Trained")


def _train(folder: Path, task: TrainingTask, family: Family, curve: _Curve) -> TrainingReport:
    order, training = task.order, task.training
    settings = family.settings.model_validate(order.settings)
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    fit_end = 1.0 if order.robustness is None else _FIT_SHARE
    model = curve.follow(family.fit(training, settings, order.seed), 0.0, fit_end)
    seconds, cpu_seconds = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    memory_mb = peak_memory_mb()
    write_predictions(folder / PREDICTIONS_FILE, task.test_ids, training.labels, model.probabilities(task.test_rows))
    if isinstance(model, TellsPairs):
        report(int(_PARTS * fit_end), _PARTS, "Estimating every pair of attributes")
        write_pairs(folder / PAIRS_FILE, model.estimated_pairs(), training.attributes)
    found = _found(model, settings)
    robustness: Robustness | None = None
    if order.robustness is not None:
        measuring = measure_robustness(family, training, found, order.seed, order.robustness)
        robustness = curve.follow(measuring, fit_end, 1.0)
    return TrainingReport(
        family=family.name,
        title=family.title,
        track=family.track,
        settings=settings.model_dump(mode="json"),
        found=found.model_dump(mode="json"),
        seed=order.seed,
        labels=training.labels,
        modalities=training.attributes.modalities,
        n_training_rows=len(training),
        n_test_rows=len(task.test_ids),
        n_attributes=len(training.attributes),
        vectors=order.vectors,
        fit_seconds=round(seconds, 3),
        fit_cpu_seconds=round(cpu_seconds, 3),
        peak_memory_mb=round(memory_mb, 1),
        measures=curve.measures,
        robustness=robustness,
        libraries=_libraries(family),
        notes=_notes(model),
    )


def _found(model: FittedModel, settings: BaseModel) -> BaseModel:
    """The settings with what a search chose, of a model that searched."""
    found = getattr(model, "found", settings)
    assert isinstance(found, BaseModel)
    return found


def _notes(model: FittedModel) -> tuple[str, ...]:
    """What a model has to say of its own training."""
    return tuple(getattr(model, "notes", ()))


def _libraries(family: Family) -> dict[str, str]:
    return {name: _version(name) for name in (*_ALWAYS, *family.needs)}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # a module that goes by another name than its package
        return "unknown"


if __name__ == "__main__":
    child_main(work)

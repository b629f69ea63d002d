"""The tabular process: one task in; a fitted synthesizer, synthetic rows, a report or traps out."""

import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from core.child_process import child_main, peak_memory_mb, report
from core.progress import Progress, Steps, finish
from core.tabular.engines.registry import check_installed, family_named
from core.tabular.exchange import (
    FIT_FILE,
    HOLDOUT_FILE,
    KNOWN_FILE,
    MODEL_FOLDER,
    REPORT_FILE,
    SECRET,
    TRAIN_FILE,
    TRAPS_FILE,
    FitFigures,
    FitTask,
    JudgeTask,
    SampleTask,
    TrapsTask,
    judged_file,
    read_task,
)
from core.tabular.preparation import prepare
from core.tabular.raw_files import read_raw
from core.tabular.rejudging import extend_report
from core.tabular.report.judging import judge_all
from core.tabular.report.method import Method
from core.tabular.report.model import Report
from core.tabular.report.traps import run_traps
from core.tabular.report_merging import chosen_methods
from core.tabular.sampling import sample_to
from core.tabular.saving import check_same_schema, load_synthesizer, save_synthesizer
from core.tabular.synthesizer import SynthesizerFamily

T = TypeVar("T")

_PARTS = 1_000  # of the progress shown
_FIT_SHARE = 0.8  # of them, where rows are sampled after the fit
_LIBRARIES = {"torch": "torch", "imblearn": "imbalanced-learn", "xgboost": "xgboost-cpu"}
_ALWAYS = ("numpy", "scipy", "scikit-learn")


def work(folder: Path) -> None:
    """Do what the folder's task says and leave its results there."""
    match read_task(folder):
        case FitTask() as task:
            _fit(folder, task)
        case SampleTask() as task:
            loaded = load_synthesizer(folder / MODEL_FOLDER)
            check_same_schema(loaded, task.table_schema)
            _follow(sample_to(folder, loaded.preparation, loaded.synthesizer, task.wanted), 0.0, 1.0)
        case JudgeTask() as task:
            _judge(folder, task)
        case TrapsTask() as task:
            train, holdout = read_raw(folder / TRAIN_FILE), read_raw(folder / HOLDOUT_FILE)
            traps = _follow(run_traps(train, holdout, task.table_schema, task.seed), 0.0, 1.0)
            (folder / TRAPS_FILE).write_text(traps.model_dump_json(), encoding="utf-8")
    report(_PARTS, _PARTS, "Done")


def _fit(folder: Path, task: FitTask) -> None:
    family = family_named(task.family)
    check_installed(family)
    settings = family.settings.model_validate(task.settings)
    report(0, _PARTS, "Preparing the table")
    started_s = time.process_time()
    train = read_raw(folder / TRAIN_FILE)
    preparation = prepare(train, task.table_schema)
    prepared_s = time.process_time()
    fit_end = _FIT_SHARE if task.wanted else 1.0
    fitted = _follow(family.fit(preparation.plain, settings, task.seed, task.budget_s), 0.0, fit_end)
    fitted_s = time.process_time()
    figures = FitFigures(
        family=family.name,
        title=family.title,
        settings={name: value for name, value in task.settings.items() if name != SECRET},
        seed=task.seed,
        budget_s=task.budget_s,
        n_training_rows=len(train),
        prepare_cpu_s=round(prepared_s - started_s, 3),
        fit_cpu_s=round(fitted_s - prepared_s, 3),
        peak_memory_mb=round(peak_memory_mb(), 1),
        libraries=_libraries(family),
    )
    (folder / FIT_FILE).write_text(figures.model_dump_json(indent=2), encoding="utf-8")
    (folder / MODEL_FOLDER).mkdir()
    save_synthesizer(folder / MODEL_FOLDER, family, preparation, fitted)
    if task.wanted:
        _follow(sample_to(folder, preparation, fitted, task.wanted), fit_end, 1.0)


def _judge(folder: Path, task: JudgeTask) -> None:
    train, holdout = read_raw(folder / TRAIN_FILE), read_raw(folder / HOLDOUT_FILE)
    path, schema = folder / KNOWN_FILE, task.table_schema
    known = Report.model_validate_json(path.read_bytes()) if path.exists() else None
    skipped = {method.name for method in known.methods} if known else set()
    fresh = [
        Method(table.id, table.title, read_raw(folder / judged_file(table.id)))
        for table in task.tables
        if table.id not in skipped
    ]
    steps = (
        extend_report(known, fresh, train, holdout, schema)
        if known
        else judge_all(fresh, train, holdout, schema, task.seed)
    )
    judged = chosen_methods(_follow(steps, 0.0, 1.0), {table.id: table.title for table in task.tables})
    (folder / REPORT_FILE).write_text(judged.model_dump_json(), encoding="utf-8")


def _follow(steps: Steps[T], start: float, end: float) -> T:
    """Run work to its end, which takes the progress from `start` to `end` (shares, 0..1)."""

    def tell(progress: Progress) -> None:
        share = start + (end - start) * progress.done / max(progress.total, 1)
        report(int(_PARTS * share), _PARTS, progress.note)

    return finish(steps, tell)


def _libraries(family: SynthesizerFamily) -> dict[str, str]:
    """Versions of what made the model: the same bytes come from the same versions only."""
    return {name: _version(name) for name in (*_ALWAYS, *(_LIBRARIES.get(name, name) for name in family.needs))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # a module that goes by another name than its package
        return "unknown"


if __name__ == "__main__":
    child_main(work)

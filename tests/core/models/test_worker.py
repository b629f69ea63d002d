"""A training in a process of its own: what goes in, what comes out."""

import json
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.child_process import run_child
from core.errors import NotFound, ValenceError
from core.models.exchange import (
    ARRAYS_FILE,
    CURVE_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    RESULT_FILES,
    TrainingOrder,
    TrainingTask,
    read_curve,
    read_report,
    read_task,
    write_task,
)
from core.models.protocol import Track
from core.models.registry import FAMILIES, check_installed, family_named, missing_libraries
from core.models.report import VectorsUsed
from core.models.validation import RobustnessSettings
from core.progress import finish

WORKER = "core.models.worker"
QUICK = {"search": {"n_trials": 2, "search_rows": 300}, "first": {"n_estimators": 9}, "later": {"n_estimators": 9}}


def task_of(made_up: Any, family: str, settings: Any, robustness: RobustnessSettings | None = None) -> TrainingTask:
    vectors = VectorsUsed(id="v1", made_by="a test", dimensions=24)
    order = TrainingOrder(family=family, settings=settings, seed=3, vectors=vectors, robustness=robustness)
    test_ids = tuple(f"t{row}" for row in range(len(made_up.test)))
    return TrainingTask(order, made_up.training.take(np.arange(400)), test_ids, made_up.test.rows)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if is_dataclass(one):
        return all(same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))
    return bool(one == other)


@pytest.mark.parametrize("family", ["majority", "edge-count"])
def test_a_task_survives_the_files(made_up: Any, tmp_path: Path, family: str) -> None:
    task = task_of(made_up, family, {}, RobustnessSettings())
    if family == "majority":
        task = replace(task, training=replace(task.training, edges=None))
    write_task(tmp_path, task)
    assert same(read_task(tmp_path), task)
    with np.load(tmp_path / ARRAYS_FILE, allow_pickle=False) as arrays:
        assert all(array.dtype != object for array in arrays.values())


def test_a_training_leaves_predictions_a_report_and_a_curve(made_up: Any, tmp_path: Path) -> None:
    task = task_of(made_up, "hierarchical-lightgbm", QUICK, RobustnessSettings(sizes=(0.5,), unseen=0))
    write_task(tmp_path, task)
    progress: list[Any] = []
    finish(run_child(WORKER, tmp_path, "The training"), progress.append)
    assert progress[-1].done == progress[-1].total
    assert [step.done for step in progress] == sorted(step.done for step in progress)

    predictions = pq.read_table(tmp_path / PREDICTIONS_FILE)
    assert predictions.column_names == ["row_id", "label", "p_pos", "p_neg", "p_avg"]
    assert tuple(predictions["row_id"].to_pylist()) == task.test_ids
    chances = np.column_stack([predictions[f"p_{name}"].to_numpy() for name in ("pos", "neg", "avg")])
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert predictions["label"].to_pylist() == [("pos", "neg", "avg")[place] for place in chances.argmax(axis=1)]
    assert (
        np.array(predictions["label"].to_pylist()) == np.array(("pos", "neg", "avg"))[made_up.test.label]
    ).mean() > 0.5

    report = read_report((tmp_path / REPORT_FILE).read_bytes())
    assert (report.family, report.track, report.seed) == ("hierarchical-lightgbm", Track.BLIND, 3)
    assert report.settings["search"]["n_trials"] == 2
    assert report.found["search"]["n_trials"] == 0
    assert (report.n_training_rows, report.n_test_rows) == (400, len(task.test_ids))
    assert report.robustness is not None
    np.testing.assert_allclose([point.n_rows for point in report.robustness.learning_curve], [160, 320], atol=2)
    assert report.fit_seconds > 0
    assert report.peak_memory_mb > 10
    assert report.libraries["lightgbm"] != "unknown"

    curve = read_curve((tmp_path / CURVE_FILE).read_bytes())
    assert [line.step for line in curve[:2]] == [1, 2]
    assert report.measures.items() >= curve[-1].measures.items()


def test_the_same_task_gives_the_same_predictions(made_up: Any, tmp_path: Path) -> None:
    found = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        write_task(folder, task_of(made_up, "hierarchical-lightgbm", QUICK | {"search": {"n_trials": 0}}))
        finish(run_child(WORKER, folder, "The training"))
        found.append((folder / PREDICTIONS_FILE).read_bytes())
    assert found[0] == found[1]


def test_a_child_says_why_it_cannot_learn(made_up: Any, tmp_path: Path) -> None:
    task = task_of(made_up, "majority", {})
    write_task(tmp_path, replace(task, training=task.training.take(np.flatnonzero(task.training.label == 1))))
    with pytest.raises(ValenceError, match="carry the label 'neg'"):
        finish(run_child(WORKER, tmp_path, "The training"))


def test_the_child_neither_reads_nor_writes_anything_else(made_up: Any, tmp_path: Path) -> None:
    write_task(tmp_path, task_of(made_up, "majority", {}))
    before = {path.name for path in tmp_path.iterdir()}
    finish(run_child(WORKER, tmp_path, "The training"))
    assert {path.name for path in tmp_path.iterdir()} - before == set(RESULT_FILES)


def test_a_line_that_is_still_being_written_is_not_read() -> None:
    line = {"step": 1, "total": 2, "note": "", "seconds": 0.1, "measures": {"loss": 0.5}}
    whole = (json.dumps(line) + "\n").encode()
    assert read_curve(b"") == ()
    assert len(read_curve(whole + whole + whole[:17])) == 2


def test_the_registry_is_listed_without_the_heavy_libraries() -> None:
    script = "import sys, core.models.registry; print([n for n in ('torch','lightgbm','optuna') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    family = FAMILIES["hierarchical-lightgbm"]
    monkeypatch.setattr("core.models.registry.find_spec", lambda name: None if name == "optuna" else object())
    assert missing_libraries(family) == ("optuna",)
    with pytest.raises(ValenceError, match=r"needs optuna, .*pip install"):
        check_installed(family)


def test_an_unknown_family_lists_those_there_are() -> None:
    with pytest.raises(NotFound, match="majority, edge-count"):
        family_named("minority")

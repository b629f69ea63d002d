"""`valence train`, as typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import BAD_USAGE, FAILED
from app.cli_train import _trained
from core.store.workspace import open_workspace
from core.workflows import headless_training

Run = Callable[..., tuple[int, str, str]]

SCORE = {"n_rows": 40, "macro_f1": 0.8, "accuracy": 0.8, "f1": {"pos": 0.8}, "ece": 0.05}
ROBUSTNESS = {
    "score": SCORE,
    "dropped": [{"modality": "brand", "score": {**SCORE, "macro_f1": 0.61}}],
    "learning_curve": [{"n_rows": 80, "score": SCORE, "seconds": 0.1}],
    "unseen": {"n_attributes": 3, "n_fit_rows": 20, "cold": {**SCORE, "macro_f1": 0.55}, "warm": SCORE},
    "notes": ["Measured on 120 of the 500 training rows."],
}
REPORT = {
    "title": "Majority",
    "family": "majority",
    "n_training_rows": 1_200,
    "fit_seconds": 2.25,
    "peak_memory_mb": 300.4,
    "robustness": ROBUSTNESS,
    "vectors": {"note": "The offline embedder has 384 dimensions."},
    "notes": [],
}


def test_every_option_reaches_the_program(run_json: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_workspace(tmp_path / "lab"):
        pass
    seen = []

    def train(folder: Path, command: Any) -> Any:
        seen.append((folder, command))
        yield from ()
        return {"model_run": "m"}

    monkeypatch.setattr(headless_training, "train_in_folder", train)
    options = ("--trials", "4", "--seed", "9", "--vectors", "v", "--settings", "s.json", "--no-robustness")
    workspace = ("--workspace", tmp_path / "lab")
    assert run_json("train", "abc", "--family", "majority", *workspace, *options) == {"model_run": "m"}
    command = headless_training.TrainCommand("abc", "majority", 4, 9, Path("s.json"), "v", False)
    assert seen == [(tmp_path / "lab", command)]


def test_what_is_wrong_is_said(run: Run, tmp_path: Path) -> None:
    with open_workspace(tmp_path / "lab"):
        pass
    workspace = ("--workspace", tmp_path / "lab")
    code, _, err = run("train", "abc", "--family", "minority", *workspace)
    assert code == FAILED
    assert "There are: majority, edge-count" in err
    code, _, err = run("train", "abc", "--family", "majority", *workspace)
    assert code == FAILED
    assert "No id of a dataset or split begins with 'abc'" in err
    (tmp_path / "list.json").write_text("[1]")
    code, _, err = run("train", "abc", "--family", "majority", *workspace, "--settings", tmp_path / "list.json")
    assert code == FAILED
    assert "holds no object of settings" in err
    assert run("train", "abc", "--family", "majority", *workspace, "--trials", "-1")[0] == BAD_USAGE
    assert run("train", "abc", *workspace)[0] == BAD_USAGE


def test_a_person_reads_the_scores_and_what_limits_them() -> None:
    lines = {"oracle": 0.97, "majority": 0.21, "ceiling": None, "ceiling_on_rows": 0.99}
    report = {"report": REPORT, "lines": lines, "title": "Rows", "public_score": 0.812}
    text = _trained({**report, "model_run": "m1", "submission": "s1"})
    for told in (
        "Majority on Rows: trained on 1,200 rows in 2.2 s, 300 MB",
        "0.812 (majority 0.210, oracle 0.970)",
        "macro F1 0.800, calibration error 0.050",
        "0.800 at 80",
        "0.610 without brand",
        "rows with attributes never seen: 0.550, others 0.800 (fitted on 20 rows)",
        "Measured on 120 of the 500",
        "384 dimensions",
        "run m1, submission s1",
    ):
        assert told in text
    assert "set aside" not in _trained(
        {**report, "report": {**REPORT, "robustness": None}, "model_run": "m", "submission": "s"}
    )

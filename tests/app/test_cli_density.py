"""`valence density` and `valence example` as a script and a person see them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import BAD_USAGE, FAILED, OK
from app.cli_density import EXAMPLES
from core.sampler import example_graphs
from core.sampler.example_graphs import ExampleGraph, ExampleType
from core.workflows import examples

TINY = ExampleGraph("746", "Tiny.", {"x": ExampleType(8, (2, 2)), "y": ExampleType(9, (2, 3))}, 20, 15, 0.5, 7)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny example's files, written by the command."""
    monkeypatch.setattr(examples, "example_named", lambda name: TINY)
    code, out, err = run("example", "746", "--out", tmp_path / "made")
    assert code == OK, err
    assert "catalogue.csv, edges.csv, config.json" in out
    return tmp_path / "made"


def density_of(folder: Path, labels: dict[str, Any] | None = None) -> tuple[str | Path, ...]:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if labels:
        config["label_params"] = labels
        (folder / "mine.json").write_text(json.dumps(config), encoding="utf-8")
    name = "mine.json" if labels else "config.json"
    return ("density", folder / "edges.csv", "--catalogue", folder / "catalogue.csv", "--config", folder / name)


def test_the_command_offers_the_programs_examples(run: Run, tmp_path: Path) -> None:
    assert tuple(example_graphs.EXAMPLES) == EXAMPLES
    code, _, err = run("example", "12", "--out", tmp_path)
    assert code == BAD_USAGE
    assert "746" in err


def test_an_example_can_be_measured_at_once(run: Run, folder: Path) -> None:
    code, out, err = run(*density_of(folder), "--json")
    assert code == OK, err
    report = json.loads(out)
    assert set(report["labels"]) == {"pos", "neg", "avg"}
    assert report["type_ranges"] == {"x": [2, 2], "y": [2, 3]}
    assert sum(pair["share_of_row"] for pair in report["by_modality_pair"]) == pytest.approx(1)
    assert report["separability"]["n_subgraphs"] == report["n_subgraphs"]


def test_the_text_tells_what_was_searched_from_what_is_proven(run: Run, folder: Path) -> None:
    everything = {"pos_frac_range": [0.0, 1.0], "neg_frac_range": [0.0, 1.0], "num_samples": 5}
    labels = {
        "any": everything,
        "proven": {**everything, "pos_frac_range": [0.9, 1.0]},
        "unmet": {**everything, "pos_frac_range": [0.6, 0.61]},  # two and three, all six pairs +
    }
    code, out, err = run(*density_of(folder, labels))
    assert code == OK, err
    lines = out.splitlines()
    assert any(line.startswith("searches reached pos_frac") and "may exist all the same" in line for line in lines)
    assert any(line.startswith("any: easy (100.00%") for line in lines)
    assert "proven: impossible (proven)" in lines
    assert any("at most 0.6667 of the pairs" in line for line in lines)
    (unmet,) = [line for line in lines if line.startswith("unmet: ")]
    assert "not found" in unmet
    assert "no proof either way" in unmet
    assert any(line.startswith("  nothing was found with") for line in lines)
    assert "share of a row's pairs, + and - among them, by modalities:" in lines


def test_a_folder_of_other_files_is_left_alone(run: Run, folder: Path) -> None:
    (folder / "config.json").write_text("{}", encoding="utf-8")
    code, _, err = run("example", "746", "--out", folder)
    assert code == FAILED
    assert "holds something else" in err
    assert (folder / "config.json").read_text(encoding="utf-8") == "{}"

"""The command line as a script sees it: JSON on stdout, reasons on stderr, exit codes 0, 1 and 2."""

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import BAD_USAGE, FAILED, OK, main
from core.fingerprint import digest
from tests.fakes.knowing_provider import KnowingProvider

DATA = Path(__file__).parents[2] / "data"
SMALL = DATA / "catalogues" / "small.csv"
LARGE = DATA / "catalogues" / "large.csv"
CONFIG = DATA / "configs" / "small.json"
Run = Callable[..., tuple[int, str, str]]


RunJson = Callable[..., dict[str, Any]]


@pytest.fixture
def edges(tmp_path: Path, run_json: RunJson) -> Path:
    run_json("graph", "build", SMALL, "--out", tmp_path / "edges.csv")
    return tmp_path / "edges.csv"


def test_estimates_are_the_published_and_the_packed_figures(run_json: RunJson) -> None:
    small, large = run_json("graph", "estimate", SMALL), run_json("graph", "estimate", LARGE)
    figures = ("n_attributes", "n_pairs", "calls", "calls_published", "calls_floor", "calls_low", "calls_high")
    assert [small[name] for name in figures] == [27, 252, 17, 54, 17, 17, 17]
    assert [large[name] for name in figures] == [160, 8700, 348, 570, 348, 348, 348]
    assert run_json("graph", "estimate", LARGE, "--plan", "published")["calls"] == 570


def test_build_and_stats_report_the_same_counts(run_json: RunJson, tmp_path: Path) -> None:
    built = run_json(
        "graph", "build", SMALL, "--out", tmp_path / "e.csv", "--strategy", "brute-force", "--judge", "offline"
    )
    stats = run_json("graph", "stats", tmp_path / "e.csv", "--catalogue", SMALL)
    counted = ("n_attributes", "n_pairs", "calls", "n_positive", "n_negative", "n_neutral", "n_unjudged")
    assert {name: built[name] for name in counted} == {name: stats[name] for name in counted}
    assert built["n_pairs"] == sum(
        built[f"n_{o}"] for o in ("positive", "negative", "neutral", "unjudged", "unresolved")
    )
    assert (
        len((tmp_path / "e.csv").read_text(encoding="utf-8").splitlines())
        == 1 + built["n_positive"] + built["n_negative"]
    )


def test_both_plans_build_the_same_graph(run_json: RunJson, tmp_path: Path) -> None:
    for plan in ("packed", "published"):
        run_json("graph", "build", SMALL, "--out", tmp_path / f"{plan}.csv", "--plan", plan)
    assert (tmp_path / "packed.csv").read_bytes() == (tmp_path / "published.csv").read_bytes()


def test_stats_of_edges_alone_call_the_rest_unjudged(run_json: RunJson, edges: Path, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "edges.csv"
    alone.parent.mkdir()
    shutil.copy(edges, alone)
    stats = run_json("graph", "stats", alone, "--catalogue", SMALL)
    assert stats["n_neutral"] == 0
    assert stats["n_unjudged"] == 252 - stats["n_positive"] - stats["n_negative"]
    assert "No verdict file" in stats["note"]


def test_stats_set_verdicts_of_an_edited_edges_file_aside(run_json: RunJson, edges: Path) -> None:
    lines = edges.read_text(encoding="utf-8").splitlines(keepends=True)
    edges.write_text("".join(lines[:-1]), encoding="utf-8")
    assert "left aside" in run_json("graph", "stats", edges, "--catalogue", SMALL)["note"]


def test_density_reports_percentiles_and_suggestions(run_json: RunJson, edges: Path) -> None:
    arguments = ("density", edges, "--catalogue", SMALL, "--config", CONFIG, "--subgraphs", "500", "--seed", "3")
    report = run_json(*arguments)
    assert report["n_subgraphs"] == 500
    for fraction in ("pos_frac", "neg_frac", "absent_frac"):
        figures = [report[fraction][p] for p in ("p5", "p25", "p50", "p75", "p95")]
        assert figures == sorted(figures)
    assert report["suggested_label_params"]["pos"]["pos_frac_range"] == [report["pos_frac"]["p50"], 1.0]
    assert report["suggested_label_params"]["avg"]["neg_frac_range"] == [
        report["neg_frac"]["p25"],
        report["neg_frac"]["p75"],
    ]
    assert run_json(*arguments) == report


def test_sample_writes_a_dataset_that_evaluate_confirms(run_json: RunJson, edges: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    inputs = ("--catalogue", SMALL, "--config", CONFIG)
    report = run_json("sample", edges, *inputs, "--out", out, "--workers", "1")
    assert sorted(p.name for p in out.iterdir()) == sorted(report["files"])
    evaluated = run_json("evaluate", out / "dataset.jsonl", "--edges", edges, *inputs)
    assert evaluated == json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    wanted = json.loads(CONFIG.read_text(encoding="utf-8"))["label_params"]
    for label, params in wanted.items():
        found = evaluated["labels"][label]
        assert (found["n"], found["in_range_rate"], found["mean_deviation"]) == (params["num_samples"], 1.0, 0.0)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for name, record in manifest["files"].items():
        assert digest((out / name).read_bytes()) == record["sha256"]


def test_sampling_is_the_same_for_any_worker_count_and_other_for_another_seed(
    run_json: RunJson, edges: Path, tmp_path: Path
) -> None:
    inputs = ("sample", edges, "--catalogue", SMALL, "--config", CONFIG)
    run_json(*inputs, "--out", tmp_path / "one", "--workers", "1")
    run_json(*inputs, "--out", tmp_path / "five", "--workers", "5")
    run_json(*inputs, "--out", tmp_path / "seed", "--seed", "99")
    jsonl = [(tmp_path / name / "dataset.jsonl").read_bytes() for name in ("one", "five", "seed")]
    assert jsonl[0] == jsonl[1] != jsonl[2]


def test_a_label_that_cannot_be_met_fails_the_command_and_keeps_the_rest(run: Run, edges: Path, tmp_path: Path) -> None:
    config = json.loads(CONFIG.read_text(encoding="utf-8"))
    config["label_params"]["never"] = {"pos_frac_range": [0, 0], "neg_frac_range": [1, 1], "num_samples": 3}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    code, out, _ = run(
        "sample", edges, "--catalogue", SMALL, "--config", tmp_path / "config.json", "--out", tmp_path / "d", "--json"
    )  # fmt: skip
    report = json.loads(out)
    assert code == FAILED
    assert list(report["failed_labels"]) == ["never"]
    assert {name for name, label in report["evaluation"]["labels"].items() if label["n"]} == {"pos", "neg", "avg"}


def test_a_failed_label_is_named_on_stderr_too(run: Run, edges: Path, tmp_path: Path) -> None:
    config = json.loads(CONFIG.read_text(encoding="utf-8"))
    config["label_params"]["never"] = {"pos_frac_range": [0, 0], "neg_frac_range": [1, 1], "num_samples": 3}
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    code, _, err = run("sample", edges, "--catalogue", SMALL, "--config", path, "--out", tmp_path / "d", "--json")
    assert code == FAILED
    assert err.startswith("valence: Label 'never' ")


def test_a_graph_never_replaces_its_catalogue_or_a_file_of_another_kind(run: Run, tmp_path: Path) -> None:
    catalogue, link, notes = tmp_path / "catalogue.csv", tmp_path / "link.csv", tmp_path / "notes.csv"
    shutil.copy(SMALL, catalogue)
    link.symlink_to(catalogue)
    notes.write_text("day,note\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in (catalogue, notes)}
    for out, reason in ((catalogue, "is an input"), (link, "is an input"), (notes, "something else than edges")):
        code, _, err = run("graph", "build", catalogue, "--out", out)
        assert (code, reason in err) == (FAILED, True)
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["catalogue.csv", "link.csv", "notes.csv"]


def test_a_graph_is_replaced_whole_or_not_at_all(run: Run, edges: Path) -> None:
    code, _, _ = run("graph", "build", SMALL, "--out", edges)
    assert code == OK
    edges.write_text("source,target,rel,sign\n", encoding="utf-8")
    verdicts = edges.with_name("edges.verdicts.parquet")
    verdicts.unlink()
    verdicts.mkdir()
    code, _, err = run("graph", "build", SMALL, "--out", edges)
    assert (code, "it is a folder" in err) == (FAILED, True)
    assert edges.read_text(encoding="utf-8") == "source,target,rel,sign\n"
    assert sorted(p.name for p in edges.parent.iterdir()) == ["edges.csv", "edges.verdicts.parquet"]


def test_a_dataset_never_replaces_another_one_or_what_was_changed(run: Run, edges: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    inputs = ("sample", edges, "--catalogue", SMALL, "--config", CONFIG, "--out", out)
    assert run(*inputs)[0] == OK
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert run(*inputs)[0] == OK  # the same dataset again
    code, _, err = run(*inputs, "--seed", "7")
    assert (code, "already holds dataset.jsonl" in err) == (FAILED, True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    (out / "dataset.jsonl").write_text("mine", encoding="utf-8")
    code, _, err = run(*inputs)
    assert (code, "already holds dataset.jsonl of" in err) == (FAILED, True)
    assert (out / "dataset.jsonl").read_text(encoding="utf-8") == "mine"


def test_a_dataset_is_not_written_beside_files_of_the_same_names(run: Run, edges: Path, tmp_path: Path) -> None:
    shutil.copy(CONFIG, tmp_path / "config.json")
    inputs = ("--catalogue", SMALL, "--config", tmp_path / "config.json", "--out", tmp_path)
    code, _, err = run("sample", edges, *inputs)
    assert (code, "already holds config.json" in err) == (FAILED, True)
    assert (tmp_path / "config.json").read_bytes() == CONFIG.read_bytes()
    code, _, err = run("demo", "--out", edges.parent)
    assert (code, "edges.csv" in err) == (FAILED, True)
    assert len(edges.read_text(encoding="utf-8").splitlines()) == 148


def test_json_stays_json_where_the_text_cannot_be_encoded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.json"
    row = '{"id": "a", "value": "N", "modality": "b", "attribute_type": "b", "x\\ud800": "1"}'
    broken.write_text(f"[{row}]", encoding="ascii")
    for encoding in ("utf-8", "ascii"):
        buffer = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(buffer, encoding=encoding))
        assert main(["catalogue", "check", str(broken), "--json"]) == FAILED
        assert json.loads(buffer.getvalue())["problems"][0]["field"] == "x\ud800"
        assert main(["catalogue", "check", str(broken)]) == FAILED


def test_a_full_disk_behind_standard_output_is_a_failure_in_a_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full on this machine")
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "app.cli", "graph", "estimate", str(SMALL)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=DATA.parent, text=True, check=False)
    assert done.returncode == FAILED
    assert done.stderr.startswith("valence: the report cannot be written")
    assert "Traceback" not in done.stderr


def test_catalogue_check_lists_every_problem(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("id,value,modality,attribute_type\na,Nike,brand,brand\na,,brand,brand\n", encoding="utf-8")
    code, out, err = run("catalogue", "check", bad, "--json")
    report = json.loads(out)
    assert code == FAILED
    assert "cannot be used" in err
    assert not report["ok"]
    assert {problem["row"] for problem in report["problems"]} >= {3}
    code, out, _ = run("catalogue", "check", SMALL)
    assert code == OK
    assert "27 attributes, 252 cross-modality pairs" in out


def test_the_demo_runs_the_whole_main_job(run_json: RunJson, tmp_path: Path) -> None:
    report = run_json("demo", "--out", tmp_path / "demo")
    assert report["estimate"]["calls"] == 348
    assert all(label["in_range_rate"] == 1.0 for label in report["evaluation"]["labels"].values())
    assert (tmp_path / "demo" / "dataset.jsonl").is_file()


@pytest.mark.parametrize("strategy", ["brute-force", "cluster", "adaptive"])
def test_a_run_by_a_model_says_what_it_took_and_why_it_stopped(run: Run, tmp_path: Path, strategy: str) -> None:
    provider = KnowingProvider()
    with provider.server:
        model = ("--judge", "openai-compatible", "--base-url", provider.base_url, "--model", "knowing-1")
        build = ("graph", "build", SMALL, "--out", tmp_path / "e.csv", "--strategy", strategy, *model)
        code, out, err = run(*build, "--max-calls", "5")
        assert (code, err) == (OK, "")
        assert "stopped: " in out and "The budget of 5 calls is reached" in out
        assert "charged so far: 5 calls, 500 tokens in, 100 out, price unknown" in out
        code, out, err = run(*build, "--resume")
    assert (code, err) == (OK, "")
    assert "stopped: " not in out or strategy == "adaptive"  # which stops at its target
    assert "self-agreement: 100.0% (" in out


def test_an_embedder_of_its_own_server_is_asked_where_the_judge_is(run: Run, tmp_path: Path) -> None:
    provider = KnowingProvider()
    with provider.server:
        code, _, err = run(
            *("graph", "build", SMALL, "--out", tmp_path / "e.csv", "--strategy", "adaptive"),
            *("--judge", "openai-compatible", "--base-url", provider.base_url, "--model", "knowing-1"),
            *("--embedder", "openai-compatible", "--embedder-model", "vectors-1"),
        )
        paths = [asked.path for asked in provider.server.asked]
    assert code == FAILED  # this provider has no vectors to give
    assert provider.base_url in err
    assert paths[-1].endswith("/embeddings")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("graph",),
        ("graph", "build", str(SMALL)),
        ("graph", "build", str(SMALL), "--out", "x.csv", "--judge", "oracle"),
        ("density", "edges.csv", "--catalogue", str(SMALL)),
        ("density", "e.csv", "--catalogue", "c.csv", "--config", "c.json", "--subgraphs", "0"),
        ("sample", "e.csv", "--catalogue", "c.csv", "--config", "c.json", "--out", "d", "--workers", "-1"),
        ("serve", "--port", "70000"),
        ("serve", "--port", "http"),
    ],
)
def test_a_wrong_command_line_exits_with_2(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (BAD_USAGE, "")
    assert "usage: valence" in err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("graph", "estimate", "missing.csv"), "missing.csv"),
        (("graph", "stats", "missing.csv", "--catalogue", str(SMALL)), "There is no file missing.csv"),
        (("graph", "stats", str(SMALL), "--catalogue", str(SMALL)), "source"),
        (("sample", "e.csv", "--catalogue", str(SMALL), "--config", str(SMALL), "--out", "d"), "configuration"),
        (("graph", "build", str(SMALL), "--out", "/proc/no/edges.csv"), "cannot be written"),
    ],
)
def test_a_failure_exits_with_1_and_says_why_on_stderr(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (FAILED, "")
    assert reason in err
    assert "Traceback" not in err

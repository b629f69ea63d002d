"""`valence sample` in parts: array jobs and their joining give the files of one run; what cannot be is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import BAD_USAGE, FAILED, OK, main
from core.dataset import shards, streaming
from core.workflows import sample_files

DATA = Path(__file__).parents[2] / "data"
SMALL = DATA / "catalogues" / "small.csv"
Sample = Callable[..., tuple[int, str, str]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    settings = json.loads((DATA / "configs" / "small.json").read_text(encoding="utf-8"))
    for params in settings["label_params"].values():
        params["num_samples"] = 130
    (tmp_path / "few.json").write_text(json.dumps(settings), encoding="utf-8")
    return tmp_path / "few.json"


@pytest.fixture
def sample(tmp_path: Path, config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sample:
    """Run `valence sample` on a small graph, in parts of 100 rows, into a folder of this name."""
    monkeypatch.setattr(shards, "SHARD_ROWS", 100)
    assert main(["graph", "build", str(SMALL), "--out", str(tmp_path / "edges.csv")]) == OK
    capsys.readouterr()

    def run_it(out: str, *more: str) -> tuple[int, str, str]:
        inputs = [str(tmp_path / "edges.csv"), "--catalogue", str(SMALL), "--config", str(config)]
        code = main(["sample", *inputs, "--out", str(tmp_path / out), *more])
        return (code, *capsys.readouterr())

    return run_it


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_array_jobs_joined_give_the_files_of_one_run(sample: Sample, tmp_path: Path) -> None:
    assert sample("whole")[0] == OK
    code, out, _ = sample("d", "--shard", "2/3", "--json")
    report = json.loads(out)
    assert (code, report["n_parts"], report["n_made"], report["n_parts_of_all"]) == (OK, 1, 1, 4)
    assert (report["n_rows"], report["folder"]) == (100, str(tmp_path / "d" / "parts"))
    code, _, err = sample("d", "--merge")
    assert code == FAILED
    for part in ("Part 1 of 4 (rows 0 to 99)", "Part 3 of 4", "Part 4 of 4"):
        assert f"{part}" in err
    assert sample("d", "--shard", "1/3")[0] == OK
    code, out, _ = sample("d", "--shard", "3/3", "--workers", "1")
    assert (code, "job 3 of 3: 1 parts made, 0 were there" in out) == (OK, True)
    code, out, _ = sample("d", "--shard", "1/3")
    assert "0 parts made, 2 were there" in out
    assert sample("d", "--merge")[0] == OK
    assert contents(tmp_path / "d") == contents(tmp_path / "whole")


def test_without_merge_what_is_missing_is_made(sample: Sample, tmp_path: Path) -> None:
    assert sample("whole")[0] == OK
    assert sample("d", "--shard", "2/2")[0] == OK
    assert sample("d")[0] == OK
    assert contents(tmp_path / "d") == contents(tmp_path / "whole")


def test_many_rows_leave_no_parts_behind(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample("whole")[0] == OK
    for module in (streaming, sample_files):
        monkeypatch.setattr(module, "MEMORY_ROWS", 0)
    assert sample("d")[0] == OK
    assert contents(tmp_path / "d") == contents(tmp_path / "whole")


def test_parts_of_another_seed_are_refused(sample: Sample) -> None:
    assert sample("d", "--shard", "1/1")[0] == OK
    code, _, err = sample("d", "--merge", "--seed", "99")
    assert (code, "it was made from another configuration" in err) == (FAILED, True)


def test_one_file_of_rows_is_enough(sample: Sample, tmp_path: Path) -> None:
    assert sample("d", "--rows", "parquet")[0] == OK
    assert sorted(contents(tmp_path / "d")) == ["config.json", "dataset.parquet", "evaluation.json", "manifest.json"]


@pytest.mark.parametrize("how", [("--shard", "1/2"), ("--merge",), ("--scheduler", "tcp://127.0.0.1:9")])
def test_diversity_is_refused_where_no_one_sees_the_whole_label(
    sample: Sample, config: Path, tmp_path: Path, how: tuple[str, ...]
) -> None:
    settings = json.loads(config.read_text(encoding="utf-8")) | {"diversity": {"duplicates": "refuse"}}
    config.write_text(json.dumps(settings), encoding="utf-8")
    code, _, err = sample("d", *how)
    assert (code, "diversity: The diversity settings compare all rows of a label" in err) == (FAILED, True)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1/0", "1", "a/b", "-1/3", "1/3/5"])
def test_a_shard_that_is_none_is_a_wrong_command_line(
    shard: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sample", "e.csv", "--catalogue", "c", "--config", "c", "--out", "d", f"--shard={shard}"])
    assert stopped.value.code == BAD_USAGE
    assert "is not I/N" in capsys.readouterr().err


def test_parts_are_made_or_joined_or_sent_away(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sample", "e", "--catalogue", "c", "--config", "c", "--out", "d", "--shard", "1/2", "--merge"])
    assert "not allowed with" in capsys.readouterr().err


def test_no_scheduler_is_said_and_nothing_written(sample: Sample, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    code, _, err = sample("d", "--scheduler", "nowhere")
    assert (code, "No Dask scheduler answers at 'nowhere'" in err) == (FAILED, True)
    assert contents(tmp_path / "d") == {}

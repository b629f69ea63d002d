"""Datasets in files: the same bytes with shards in memory, in files, or joined later; damaged parts; a full disk."""

import errno
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.dataset import evaluation as evaluation_module
from core.dataset import shard_files, shards, streaming
from core.dataset.evaluation import evaluate, evaluation_json
from core.dataset.executors import ThreadExecutor
from core.dataset.files import PARQUET_FILE, ROW_FILES, ROWS_FILE, jsonl_bytes, write_parquet
from core.dataset.generation import GeneratedDataset
from core.dataset.part_stores import make_parts
from core.dataset.shard_files import PartFolder, PartManifest, encode_part
from core.dataset.shards import ShardJob, make_shard, shard_job
from core.dataset.streaming import Making, join_parts, stream_dataset
from core.errors import CorruptArtefact, InvalidInput, ValenceError
from core.graph.model import SignedGraph, signed_graph
from core.progress import Steps, finish
from core.sampler.configuration import DatasetConfig


@pytest.fixture
def job(graph: SignedGraph, config: DatasetConfig, monkeypatch: pytest.MonkeyPatch) -> ShardJob:
    monkeypatch.setattr(shards, "SHARD_ROWS", 64)
    return shard_job(graph, config)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def made_in(folder: Path, job: ShardJob, making: Making | None = None) -> dict[str, bytes]:
    folder.mkdir()
    finish(stream_dataset(job.graph, job.config, folder, making))
    return contents(folder)


def test_the_files_are_those_of_the_rows_in_memory(job: ShardJob, dataset: GeneratedDataset, tmp_path: Path) -> None:
    files = made_in(tmp_path / "d", job)
    write_parquet(dataset.rows, job.graph.catalogue, tmp_path / "rows.parquet")
    assert files[ROWS_FILE] == jsonl_bytes(dataset.rows, job.graph.catalogue)
    assert files[PARQUET_FILE] == (tmp_path / "rows.parquet").read_bytes()
    assert files["evaluation.json"].decode() == evaluation_json(evaluate(dataset.rows, job.graph, job.config))


@pytest.mark.parametrize("n_workers", [1, 3])
def test_neither_the_store_nor_workers_nor_the_grid_show_in_the_files(
    job: ShardJob, tmp_path: Path, n_workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = made_in(tmp_path / "memory", job)
    monkeypatch.setattr(shards, "SHARD_ROWS", 37)
    monkeypatch.setattr(streaming, "MEMORY_ROWS", 0)
    found = made_in(tmp_path / "files", job, Making(ThreadExecutor(n_workers), None, ROW_FILES, n_workers))
    assert found == expected


def test_blocks_change_nothing_but_the_last_bits_of_the_evaluation(
    job: ShardJob, dataset: GeneratedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(dataset.rows, job.graph, job.config)
    monkeypatch.setattr(evaluation_module, "BLOCK_ROWS", 17)
    blocks = evaluate(dataset.rows, job.graph, job.config)
    assert (blocks.n_distinct_rows, blocks.n_shared_rows, blocks.usage) == (
        whole.n_distinct_rows,
        whole.n_shared_rows,
        whole.usage,
    )
    for name, label in whole.labels.items():
        assert blocks.labels[name].pos_frac_histogram == label.pos_frac_histogram
        assert blocks.labels[name].n_duplicates == label.n_duplicates
        assert blocks.labels[name].mean_pos_frac == pytest.approx(label.mean_pos_frac, rel=1e-12)


def test_duplicates_and_shared_rows_are_counted_as_sets_of_rows_count_them(
    job: ShardJob, dataset: GeneratedDataset
) -> None:
    rows = dataset.rows
    keys = [(int(rows.label[row]), tuple(sorted(rows.of_row(row).tolist()))) for row in range(len(rows))]
    found = evaluate(rows, job.graph, job.config)
    by_label = {label: {key for at, key in keys if at == label} for label in set(rows.label.tolist())}
    assert found.n_distinct_rows == len({key for _, key in keys})
    assert found.n_shared_rows == len(set.intersection(*by_label.values()))
    for label, distinct in by_label.items():
        evaluated = found.labels[rows.labels[label]]
        assert evaluated.n_duplicates == evaluated.n - len(distinct)


def test_only_the_wanted_file_of_rows_is_written(job: ShardJob, tmp_path: Path) -> None:
    files = made_in(tmp_path / "d", job, Making(row_files=(PARQUET_FILE,)))
    assert sorted(files) == ["config.json", PARQUET_FILE, "evaluation.json"]


def test_array_jobs_in_any_order_join_to_the_same_files(job: ShardJob, tmp_path: Path) -> None:
    expected = made_in(tmp_path / "whole", job)
    store = PartFolder(tmp_path / "parts", job)
    for number in (3, 1, 2, 1):
        finish(make_parts(job, job.shards()[number - 1 :: 3], ThreadExecutor(1), store))
    (tmp_path / "joined").mkdir()
    finish(join_parts(job, store, tmp_path / "joined", Making()))
    assert contents(tmp_path / "joined") == expected


def test_a_part_is_the_same_bytes_whoever_makes_it_and_any_reader_opens_it(job: ShardJob, tmp_path: Path) -> None:
    store = PartFolder(tmp_path / "parts", job)
    finish(make_parts(job, job.shards(), ThreadExecutor(3), store))
    for shard in job.shards():
        alone = encode_part(shard_job(job.graph, job.config), make_shard(shard_job(job.graph, job.config), shard))
        path = tmp_path / "parts" / f"part-{shard.first_row:010d}"
        assert path.with_suffix(".parquet").read_bytes() == alone.data
        assert PartManifest.model_validate_json(path.with_suffix(".json").read_bytes()) == alone.manifest
        assert len(pq.read_table(path.with_suffix(".parquet"))) == alone.manifest.n_written
        again = store.get(shard)
        made = make_shard(job, shard)
        assert again.labels == made.labels
        np.testing.assert_array_equal(again.rows.nodes, made.rows.nodes)
        np.testing.assert_array_equal(again.rows.offsets, made.rows.offsets)
    store.clear()
    assert not (tmp_path / "parts").exists()


def test_a_stopped_run_goes_on_from_its_parts(job: ShardJob, tmp_path: Path) -> None:
    expected = made_in(tmp_path / "whole", job)
    (tmp_path / "d").mkdir()
    making = Making(parts=tmp_path / "parts")
    steps: Steps[object] = stream_dataset(job.graph, job.config, tmp_path / "d", making)
    while not list((tmp_path / "parts").glob("*.json")):
        next(steps)
    steps.close()
    kept = contents(tmp_path / "parts")
    ages = {path: path.stat().st_mtime_ns for path in (tmp_path / "parts").iterdir()}
    finish(stream_dataset(job.graph, job.config, tmp_path / "d", making))
    assert contents(tmp_path / "d") == expected
    assert {path: path.stat().st_mtime_ns for path in ages} == ages
    assert kept.items() <= contents(tmp_path / "parts").items()


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("cut", "it is cut off: "),
        ("gone", "it is cut off: 0 of its "),
        ("longer", "it was altered after it was written"),
        ("altered", "it was altered after it was written"),
        ("manifest", "its manifest is damaged"),
        ("seed", "it was made from another configuration"),
        ("graph", "it was made from another graph"),
        ("scheme", "it was made from another version of the sampler"),
        ("moved", "it was made from another range of rows"),
    ],
)
def test_a_part_that_does_not_fit_is_refused_and_kept(job: ShardJob, tmp_path: Path, damage: str, why: str) -> None:
    folder = tmp_path / "parts"
    finish(make_parts(job, job.shards(), ThreadExecutor(2), PartFolder(folder, job)))
    rows, manifest = folder / "part-0000000064.parquet", folder / "part-0000000064.json"
    data, graph, config = rows.read_bytes(), job.graph, job.config
    if damage == "cut":
        rows.write_bytes(data[: len(data) // 2])
    if damage == "gone":
        rows.unlink()
    if damage == "longer":
        rows.write_bytes(data + b"\0")
    if damage == "altered":
        rows.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    if damage == "manifest":
        manifest.write_bytes(manifest.read_bytes()[:-20])
    if damage == "seed":
        config = config.model_copy(update={"seed": 4})
    if damage == "graph":
        graph = signed_graph(graph.catalogue, graph.source, graph.target, -graph.sign)
    if damage == "scheme":
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"sampler_scheme": 0}))
    if damage == "moved":
        (folder / "part-0000000128.json").replace(manifest)
    before = contents(folder)
    other = shard_job(graph, config)
    with pytest.raises(CorruptArtefact, match=f"is refused: {why}"):
        finish(make_parts(other, other.shards(), ThreadExecutor(2), PartFolder(folder, other)))
    with pytest.raises(CorruptArtefact, match="is refused"):
        finish(join_parts(other, PartFolder(folder, other), tmp_path, Making()))
    assert contents(folder) == before


def test_a_part_damaged_on_its_way_is_not_stored(job: ShardJob, tmp_path: Path) -> None:
    part = encode_part(job, make_shard(job, job.shards()[0]))
    broken = shard_files.Part(part.manifest, part.data[:-1])
    with pytest.raises(CorruptArtefact, match="cut off"):
        PartFolder(tmp_path / "parts", job).put(broken)
    assert not (tmp_path / "parts").exists()


def test_rows_without_a_manifest_count_as_not_made(job: ShardJob, tmp_path: Path) -> None:
    """A run that was killed between the two files leaves the first alone."""
    store = PartFolder(tmp_path / "parts", job)
    finish(make_parts(job, job.shards(), ThreadExecutor(2), store))
    (tmp_path / "parts" / "part-0000000064.json").unlink()
    with pytest.raises(InvalidInput, match="Part 2 of 5"):
        finish(join_parts(job, store, tmp_path, Making()))
    assert finish(make_parts(job, job.shards(), ThreadExecutor(2), store)) == 1


def test_a_full_disk_keeps_the_parts_and_says_so(
    job: ShardJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = made_in(tmp_path / "whole", job)
    honest, n_written = Path.write_bytes, [0]

    def until_full(path: Path, data: bytes) -> int:
        n_written[0] += 1
        if n_written[0] > 4:  # two files per part
            honest(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return honest(path, data)

    (tmp_path / "d").mkdir()
    making = Making(parts=tmp_path / "parts")
    with monkeypatch.context() as full:
        full.setattr(Path, "write_bytes", until_full)
        with pytest.raises(ValenceError, match=r"No space left on device\. 2 of its 5 parts are there and stay valid"):
            finish(stream_dataset(job.graph, job.config, tmp_path / "d", making))
    assert [path.name for path in sorted((tmp_path / "parts").iterdir())] == [
        "part-0000000000.json",
        "part-0000000000.parquet",
        "part-0000000064.json",
        "part-0000000064.parquet",
    ]
    finish(stream_dataset(job.graph, job.config, tmp_path / "d", making))
    assert contents(tmp_path / "d") == expected

"""Shards on a Dask cluster: the same rows as threads make, whatever dies, joins or comes back late on the way."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

if os.environ.get("VALENCE_REQUIRE_BROWSER"):  # the machine that must skip nothing
    import dask
    import distributed
else:
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")

from core.dataset import shards
from core.dataset.dask_executor import DaskExecutor
from core.dataset.executors import ThreadExecutor
from core.dataset.part_stores import RowsInMemory, make_parts, outcomes_of
from core.dataset.shard_files import Part, PartFolder
from core.dataset.shards import Shard, ShardJob, ShardRows, shard_job
from core.errors import ValenceError
from core.graph.model import SignedGraph
from core.progress import Progress, finish
from core.sampler.configuration import DatasetConfig

QUIET: dict[str, Any] = {"dashboard_address": None, "silence_logs": 50, "threads_per_worker": 1}


@pytest.fixture
def job(graph: SignedGraph, config: DatasetConfig, monkeypatch: pytest.MonkeyPatch) -> ShardJob:
    monkeypatch.setattr(shards, "SHARD_ROWS", 16)
    return shard_job(graph, config)


@pytest.fixture
def threads_cluster() -> Iterator[Any]:
    """A scheduler and two workers in this process; a new one for each test, and a stuck worker is soon given up."""
    with (
        dask.config.set({"distributed.scheduler.worker-ttl": "20s"}),
        distributed.LocalCluster(n_workers=2, processes=False, **QUIET) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="module")
def processes_cluster() -> Iterator[Any]:
    """Two workers in processes of their own, each started again when it dies.

    A started process runs the main module first, and an AppTest leaves the workbench behind as that.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        with distributed.LocalCluster(n_workers=2, processes=True, **QUIET) as cluster:
            yield cluster


def require_rows_of_threads(job: ShardJob, store: PartFolder | RowsInMemory) -> None:
    here = RowsInMemory()
    finish(make_parts(job, job.shards(), ThreadExecutor(2), here))
    assert outcomes_of(job, store) == outcomes_of(job, here)
    for shard in job.shards():
        if here.labels(shard) is not None:
            assert store.labels(shard) == here.labels(shard)
            np.testing.assert_array_equal(store.get(shard).rows.nodes, here.get(shard).rows.nodes)


def test_a_cluster_makes_the_parts_that_threads_make(threads_cluster: Any, job: ShardJob, tmp_path: Path) -> None:
    there, here = PartFolder(tmp_path / "there", job), PartFolder(tmp_path / "here", job)
    finish(make_parts(job, job.shards(), DaskExecutor(threads_cluster.scheduler_address), there))
    finish(make_parts(job, job.shards(), ThreadExecutor(2), here))
    require_rows_of_threads(job, there)
    for path in (tmp_path / "here").iterdir():
        assert (tmp_path / "there" / path.name).read_bytes() == path.read_bytes()


def test_what_comes_back_late_or_twice_changes_nothing(threads_cluster: Any, job: ShardJob, tmp_path: Path) -> None:
    """A run is left while its parts are on their way; the next run makes them, and then the late ones arrive."""
    executor = DaskExecutor(threads_cluster.scheduler_address)
    store = PartFolder(tmp_path / "parts", job)
    late: list[Part] = []
    steps = executor.run(job, job.shards(), store.finish)
    for step in steps:
        if not isinstance(step, Progress):
            late.append(step)
        if len(late) == 2:
            break
    steps.close()
    finish(make_parts(job, job.shards(), executor, store))
    before = {path: path.read_bytes() for path in (tmp_path / "parts").iterdir()}
    for part in late:
        store.put(part)
    assert {path: path.read_bytes() for path in (tmp_path / "parts").iterdir()} == before
    require_rows_of_threads(job, store)


def test_killed_workers_lose_their_parts_to_others(processes_cluster: Any, job: ShardJob, tmp_path: Path) -> None:
    """First one worker is killed, then all, with everything they were sent."""
    store = PartFolder(tmp_path / "parts", job)
    n_parts = 0
    for step in DaskExecutor(processes_cluster.scheduler_address).run(job, job.shards(), store.finish):
        if isinstance(step, Progress):
            continue
        store.put(step)
        n_parts += 1
        if n_parts in (2, 5):
            for nanny in list(processes_cluster.workers.values())[: 1 if n_parts == 2 else 2]:
                if nanny.process is not None and nanny.process.pid is not None:
                    os.kill(nanny.process.pid, signal.SIGKILL)
    require_rows_of_threads(job, store)


def test_a_part_that_kills_its_workers_is_given_up_with_its_rows(
    processes_cluster: Any, job: ShardJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes_cluster.scheduler, "allowed_failures", 0)
    steps = DaskExecutor(processes_cluster.scheduler_address).run(job, job.shards()[:1], _die)
    with pytest.raises(ValenceError, match="Rows 0 to 15 were given up: every worker that made them died"):
        finish_all(steps)


def test_no_scheduler_is_said_with_its_address(job: ShardJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.dataset.dask_executor.CONNECT_S", 0.2)
    # A client that finds nobody stays half open until the garbage is collected, which can stop the next one for good.
    monkeypatch.delattr("core.dataset.dask_executor.Client")
    for address in ("tcp://127.0.0.1:9", "nowhere", "http://127.0.0.1:9", "tcp://no-such-host.invalid:1"):
        with pytest.raises(ValenceError, match=f"No Dask scheduler answers at '{address}'"):
            finish_all(DaskExecutor(address).run(job, job.shards(), _as_it_is))


def test_a_failure_in_a_worker_reaches_the_user(threads_cluster: Any, job: ShardJob) -> None:
    with pytest.raises(ValenceError, match="a defect"):
        finish_all(DaskExecutor(threads_cluster.scheduler_address).run(job, job.shards(), _fail))


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.workflows.clusters import dask_executor

    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    monkeypatch.delitem(__import__("sys").modules, "core.dataset.dask_executor")
    with pytest.raises(ValenceError, match=r"pip install 'valence\[cluster\]'"):
        dask_executor("tcp://127.0.0.1:8786")


def finish_all(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


def _as_it_is(_: ShardJob, made: ShardRows) -> Shard:
    return made.shard


def _die(_: ShardJob, made: ShardRows) -> Shard:
    os.kill(os.getpid(), signal.SIGKILL)
    return made.shard


def _fail(_: ShardJob, made: ShardRows) -> Shard:
    raise ValenceError("a defect", "of this test")

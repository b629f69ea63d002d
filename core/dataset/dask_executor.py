"""Shards made by the workers of a Dask scheduler, on this machine or others.

A worker needs this package and nothing else: the graph and the configuration come with every shard, are unpacked once
per worker, and the shard comes back as a file's bytes. (What a cluster keeps for all its tasks is lost with the workers
that hold it.) A worker that dies loses its shards to the others; whatever comes back late is not waited for.
"""

import asyncio
import pickle
import time
import uuid
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

from distributed import Client, Future, KilledWorker
from distributed.comm import connect

from core.dataset.shards import Finish, Shard, ShardJob, failed_at, make_shard
from core.errors import ValenceError
from core.progress import Progress

T = TypeVar("T")
CONNECT_S = 10.0
POLL_S = 0.05
AHEAD = 2  # shards handed out per thread of the cluster
MOST_LOSSES = 3  # of shards that the scheduler forgot, without one coming back in between


class DaskExecutor:
    """The threads of all workers that a scheduler has, however many come and go."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, job: ShardJob, shards: Sequence[Shard], finish: Finish[T]) -> Generator[Progress | T, None, None]:
        """As `Executor`; the shards come as they are done. `ValenceError` where the cluster cannot do the work."""
        if not shards:
            return
        with _connected(self._address) as client:
            yield from _Run(client, job, shards, finish).steps()


class _Run:
    """One run on a cluster: the shards that wait, and those handed out."""

    def __init__(self, client: Client, job: ShardJob, shards: Sequence[Shard], finish: Finish[Any]) -> None:
        self._client, self._job, self._finish = client, job, finish
        self._waiting = deque(shards)
        self._flying: dict[Future, Shard] = {}
        self._packed = pickle.dumps(job)
        self._failed: dict[str, int] = {}
        self._losses = 0
        self._done, self._total = 0, sum(shard.n_rows for shard in shards)

    def steps(self) -> Generator[Any, None, None]:
        """Hand shards out and take them back until none is left."""
        try:
            while self._waiting or self._flying:
                n_threads = sum(self._client.nthreads().values())  # scheduler_info() forgets its workers at times
                if n_threads == 0:
                    yield Progress(self._done, self._total, "waiting for a worker to join the scheduler")
                else:
                    self._hand_out(AHEAD * n_threads)
                    yield Progress(self._done, self._total, f"{len(self._flying)} parts on {n_threads} threads")
                arrived = [future for future in self._flying if future.done()]
                for future in arrived:
                    yield from self._take(future)
                if not arrived:
                    time.sleep(POLL_S)
        finally:
            self._client.cancel(list(self._flying), force=True)

    def _hand_out(self, n_ahead: int) -> None:
        while self._waiting and len(self._flying) < n_ahead:
            shard = self._waiting.popleft()
            if self._job.is_needless(shard, self._failed):
                self._done += shard.n_rows
                continue
            key = f"shard-{shard.first_row}-{uuid.uuid4().hex}"
            future = self._client.submit(_make, self._packed, shard, self._finish, key=key, pure=False)
            self._flying[future] = shard

    def _take(self, future: Future) -> Iterator[Any]:
        shard = self._flying.pop(future)
        try:
            labels, made = future.result()
        except KilledWorker as error:
            raise ValenceError(
                f"Rows {shard.first_row:,} to {shard.rows.stop - 1:,} were given up: every worker that made them died.",
                "Look at the workers' logs (memory is the usual cause); what came back is kept.",
            ) from error
        except (CancelledError, TimeoutError):
            # The scheduler forgot the shard with the workers that died: it is handed out again.
            self._losses += 1
            if self._losses > MOST_LOSSES:
                raise ValenceError(
                    "The workers of the scheduler go before they bring back any part.", "Look at the workers' logs."
                ) from None
            self._waiting.appendleft(shard)
            return
        except ImportError as error:
            raise ValenceError(
                f"A worker of the scheduler cannot run this program: {error}.",
                "Install the same version of Valence where the workers run.",
            ) from error
        self._losses = 0
        self._done += shard.n_rows
        for label, first_row in failed_at(labels).items():
            self._failed[label] = min(first_row, self._failed.get(label, first_row))
        yield made


def _make(packed: bytes, shard: Shard, finish: Finish[T]) -> Any:
    """What a worker runs; everything prepared for the job stays with the job in its memory."""
    job = _unpacked(packed)
    made = make_shard(job, shard)
    return made.labels, finish(job, made)


@lru_cache(maxsize=1)
def _unpacked(packed: bytes) -> ShardJob:
    job: ShardJob = pickle.loads(packed)  # made by this program, sent by its own scheduler
    return job


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    try:
        # A client that finds nobody stays half open; closed by the garbage collector, it can lock the loop of the next.
        asyncio.run(_knock(address))
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ValenceError(
            f"No Dask scheduler answers at {address!r}: {error}.", "Give its address as tcp://HOST:PORT."
        ) from error
    try:
        yield client
    finally:
        client.close()


async def _knock(address: str) -> None:
    door = await connect(address, timeout=CONNECT_S)
    await door.close()

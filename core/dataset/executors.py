"""Who makes shards: threads here, a Dask cluster (`dask_executor`), or array jobs that each make every n-th shard.

An executor makes the shards it is given and hands each over as soon as it is there; where they are kept is not its
business.
"""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Protocol, TypeVar

from core.dataset.outcomes import failure_of
from core.dataset.shards import Finish, MadePiece, Piece, Shard, ShardJob
from core.errors import InvalidInput, Problem
from core.progress import Progress, Steps, retold
from core.sampler.chunks import in_order
from core.sampler.feasibility import UnmetLabel
from core.sampler.label_search import DrawnRows

T = TypeVar("T")


class Executor(Protocol):
    """Makes shards, each the same whoever makes it."""

    def run(self, job: ShardJob, shards: Sequence[Shard], finish: Finish[T]) -> Generator[Progress | T, None, None]:
        """Yield `finish(job, rows)` of each shard, which runs where the rows are made, with progress in between.

        Shards may come in any order. One that lies wholly in labels which failed meanwhile may be left out. Closing
        the generator stops the work.
        """
        ...


class ThreadExecutor:
    """Threads of this process: chunks of one shard are drawn side by side while earlier shards are being finished."""

    def __init__(self, n_workers: int = 2) -> None:
        if n_workers < 1:
            raise InvalidInput("Rows cannot be sampled", [Problem("The number of workers must be at least 1.")])
        self._n_workers = n_workers

    def run(self, job: ShardJob, shards: Sequence[Shard], finish: Finish[T]) -> Generator[Progress | T, None, None]:
        """As `Executor`; the shards come in their order."""
        finishing: deque[Future[T]] = deque()
        failed: dict[str, int] = {}
        done, total = 0, sum(shard.n_rows for shard in shards)
        pool = ThreadPoolExecutor(self._n_workers, thread_name_prefix="shards")
        try:
            for shard in shards:
                if not job.is_needless(shard, failed):
                    made = yield from self._draw_all(job, shard, done, total)
                    for drawn in made:
                        if drawn.failure:
                            failed.setdefault(drawn.piece.label, drawn.piece.first_row)
                    finishing.append(pool.submit(partial(_finished, job, shard, made, finish)))
                done += shard.n_rows
                while len(finishing) > self._n_workers:
                    yield finishing.popleft().result()
            while finishing:
                yield finishing.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _draw_all(self, job: ShardJob, shard: Shard, done: int, total: int) -> Steps[list[MadePiece]]:
        made: list[MadePiece] = []
        for piece in job.pieces(shard):
            drawn = yield from self._draw(job, piece, done + piece.first_row - shard.first_row, total)
            made.append(drawn)
        return made

    def _draw(self, job: ShardJob, piece: Piece, done: int, total: int) -> Steps[MadePiece]:
        chunks: list[DrawnRows] = []
        n_rows = piece.rows.start
        try:
            search = yield from _noted(job.tools.search(piece.label, self._n_workers), done, total)
            with closing(in_order(search.draw, search.chunks(piece.rows), self._n_workers)) as results:
                for chunk in results:
                    chunks.append(chunk)
                    n_rows += len(chunk.sizes)
                    done += len(chunk.sizes)
                    yield Progress(done, total, f"{piece.label}: {n_rows:,} rows by {search.method}")
        except UnmetLabel as error:
            return MadePiece(piece, None, (), failure_of(error))
        return MadePiece(piece, search, chunks, None)


def _finished(job: ShardJob, shard: Shard, made: Sequence[MadePiece], finish: Finish[T]) -> T:
    return finish(job, job.tools.assembled(shard, made))


def _noted(steps: Steps[T], done: int, total: int) -> Steps[T]:
    """The notes of some work, at a fixed place in a longer one."""
    return retold(steps, lambda progress: Progress(done, total, progress.note))

"""Work off the event loop, which the workbench shares: a bounded number of threads, and a bounded queue before them."""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from app.api.problems import refused

T = TypeVar("T")


class Workers:
    """`n_threads` pieces of work at once and at most `max_waiting` more waiting for one of them."""

    def __init__(self, n_threads: int, max_waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(n_threads)
        self._most = n_threads + max_waiting
        self._n_inside = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Run it in a thread and return its result; `Refused` (503) where the queue is full."""
        if self._n_inside >= self._most:
            raise refused(503, "busy", "Too many requests wait to be worked on.", "Try again soon.", Retry_After="3")
        self._n_inside += 1
        try:
            return await to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._n_inside -= 1

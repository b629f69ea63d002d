"""Threads that run one at a time, in an order fixed by a seed, on a clock that jumps when all of them wait."""

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from core.llm.patience import Timing


class Deadlock(AssertionError):
    """Every thread waits, and nothing will ever wake one."""


class _Task:
    def __init__(self, work: Callable[[], Any]) -> None:
        self.work = work
        self.go = threading.Semaphore(0)
        self.wakes = 0  # tells a deadline of this wait from one of an earlier wait
        self.was_notified = False
        self.result: Any = None


class VirtualTime:
    """Seconds that cost nothing. `run` starts the threads; inside, `sleep` and the conditions pass time."""

    def __init__(self, seed: int = 0) -> None:
        self.chance = random.Random(seed)
        self.is_deadlocked = False
        self._now = 0.0
        self._ready: list[_Task] = []
        self._blocked: list[_Task] = []
        self._deadlines: list[tuple[float, int, _Task, int]] = []
        self._numbers = itertools.count()
        self._n_unfinished = 0
        self._all_over = threading.Event()
        self._current = threading.local()

    def now(self) -> float:
        return self._now

    def timing(self) -> Timing:
        """What a gateway takes."""
        return Timing(self.now, lambda: VirtualCondition(self), self.chance.random)

    def run(self, works: Sequence[Callable[[], Any]]) -> list[Any]:
        """The result of each, or the exception it ended with."""
        tasks = [_Task(work) for work in works]
        self._ready, self._n_unfinished = list(tasks), len(tasks)
        self._all_over.clear()
        threads = [threading.Thread(target=self._live, args=[task], daemon=True) for task in tasks]
        for thread in threads:
            thread.start()
        self._next()
        self._all_over.wait()
        for thread in threads:
            thread.join()
        return [task.result for task in tasks]

    def sleep(self, seconds: float) -> None:
        """Let the others run until so much time has passed."""
        self._block(self._task(), seconds)

    def step_aside(self) -> None:
        """Perhaps let another thread run first; so the order of critical sections differs from seed to seed."""
        task = getattr(self._current, "task", None)
        if task is not None and self.chance.random() < 0.3:
            self._ready.append(task)
            self._next()
            task.go.acquire()

    def _task(self) -> _Task:
        task: _Task = self._current.task
        return task

    def _live(self, task: _Task) -> None:
        task.go.acquire()
        self._current.task = task
        try:
            task.result = task.work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever called `run`
            task.result = error
        self._n_unfinished -= 1
        self._next()

    def _block(self, task: _Task, seconds: float | None) -> bool:
        """Wait to be woken or for the deadline; whether it was woken."""
        task.wakes += 1
        task.was_notified = False
        if seconds is not None:
            deadline = self._now + max(seconds, 0.0)
            heapq.heappush(self._deadlines, (deadline, next(self._numbers), task, task.wakes))
        self._blocked.append(task)
        self._next()
        task.go.acquire()
        self._blocked.remove(task)
        if self.is_deadlocked:
            raise Deadlock
        return task.was_notified

    def wake(self, task: _Task) -> None:
        task.wakes += 1
        task.was_notified = True
        self._ready.append(task)

    def _next(self) -> None:
        """Hand over to a thread that can run; when none can, to the one whose deadline comes first."""
        if self._n_unfinished == 0:
            self._all_over.set()
            return
        while not self._ready and self._deadlines:
            deadline, _, task, wakes = heapq.heappop(self._deadlines)
            if wakes == task.wakes:
                self._now = max(self._now, deadline)
                task.wakes += 1
                self._ready.append(task)
        if not self._ready:
            self.is_deadlocked, self._ready = True, list(self._blocked)
        self._ready.pop(self.chance.randrange(len(self._ready))).go.release()


class VirtualCondition(threading.Condition):
    """A condition on virtual time. Its lock is the fact that one thread runs at a time."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time
        self._waiters: list[_Task] = []

    def __enter__(self) -> bool:
        self._time.step_aside()
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def wait(self, timeout: float | None = None) -> bool:
        task = self._time._task()
        self._waiters.append(task)
        try:
            return self._time._block(task, timeout)
        finally:
            if task in self._waiters:
                self._waiters.remove(task)

    def notify_all(self) -> None:
        woken, self._waiters = self._waiters, []
        for task in woken:
            self._time.wake(task)

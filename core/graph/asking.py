"""Calls of a judge or an analyst, several at a time, up to where the budget ends."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.llm.budget import BudgetReached
from core.progress import Progress, Steps

T = TypeVar("T")

_HEARTBEAT_S = 0.25  # how often work that waits for answers can be cancelled


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """Answers in the order of the tasks, None where a task was not done; `stopped`: why some were not, or empty."""

    answers: tuple[T | None, ...]
    stopped: str


def ask_all(tasks: Sequence[Callable[[], T]], n_workers: int, note: str) -> Steps[Asked[T]]:
    """Run the tasks, at most `n_workers` at a time; yields after each, and while it waits.

    `BudgetReached` starts no further task and keeps the answers. Any other failure ends the work, as does closing the
    generator; tasks under way are then left to end by themselves, and what they were answered is in the answer log.
    """
    answers: list[T | None] = [None] * len(tasks)
    waiting, running = deque(enumerate(tasks)), dict[Future[T], int]()
    done, stopped = 0, ""
    pool = ThreadPoolExecutor(n_workers, thread_name_prefix="asking")
    try:
        while waiting or running:
            while waiting and len(running) < n_workers:
                position, task = waiting.popleft()
                running[pool.submit(task)] = position
            ended, _ = wait(running, timeout=_HEARTBEAT_S, return_when=FIRST_COMPLETED)
            for future in sorted(ended, key=running.__getitem__):
                position = running.pop(future)
                try:
                    answers[position] = future.result()
                    done += 1
                except BudgetReached as reached:
                    stopped = str(reached)
                    waiting.clear()
            yield Progress(done, len(tasks), f"{note}: {done:,} of {len(tasks):,} calls")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Asked(tuple(answers), stopped)

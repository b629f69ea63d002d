from threading import Barrier, BrokenBarrierError

import pytest

from core.errors import ValenceError
from core.graph.asking import ask_all
from core.llm.budget import BudgetReached
from core.progress import Progress, finish


def test_results_come_in_the_order_of_the_tasks_whatever_ends_first() -> None:
    tasks = [lambda number=number: number * number for number in range(20)]
    seen: list[Progress] = []
    asked = finish(ask_all(tasks, 4, "Squaring"), seen.append)
    assert asked.answers == tuple(number * number for number in range(20))
    assert asked.stopped == ""
    assert (seen[-1].done, seen[-1].total) == (20, 20)


def test_as_many_tasks_run_at_once_as_there_are_workers() -> None:
    together = Barrier(3, timeout=20)
    assert finish(ask_all([together.wait] * 6, 3, "Meeting")).stopped == ""
    alone = Barrier(2, timeout=0.05)
    with pytest.raises(BrokenBarrierError):
        finish(ask_all([alone.wait] * 2, 1, "Waiting"))


def test_nothing_is_started_once_the_budget_was_reached() -> None:
    started: list[int] = []

    def task(number: int) -> int:
        started.append(number)
        if number == 2:
            raise BudgetReached("Enough.")
        return number

    asked = finish(ask_all([lambda number=number: task(number) for number in range(8)], 1, "Counting"))
    assert asked.answers == (0, 1, *[None] * 6)
    assert (asked.stopped, started) == ("Enough.", [0, 1, 2])


def test_any_other_failure_ends_the_work() -> None:
    def fail() -> None:
        raise ValenceError("The key was refused.")

    with pytest.raises(ValenceError, match="key was refused"):
        finish(ask_all([fail], 2, "Failing"))


def test_no_tasks_need_no_workers() -> None:
    assert finish(ask_all([], 1, "Nothing")).answers == ()

"""Chunks come back in order, failures come through, and closing starts nothing further."""

import threading
from typing import Any

import pytest

from core.sampler import chunks
from core.sampler.chunks import in_order


@pytest.mark.parametrize("n_workers", [1, 2, 5])
def test_results_come_in_the_order_of_the_arguments(n_workers: int) -> None:
    assert list(in_order(lambda x: x * x, range(50), n_workers)) == [x * x for x in range(50)]


def test_a_failure_comes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda x: 1 // x, [2, 1, 0, 3], 2))


def test_closing_cancels_what_waits_and_waits_for_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    both_run, cancelled = threading.Barrier(3), threading.Event()
    began, ended = [], []

    class Watched(chunks.ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            cancelled.set()
            super().shutdown(wait=wait)

    def work(x: int) -> int:
        began.append(x)
        if x > 0:
            both_run.wait(30)
            assert cancelled.wait(30)
        ended.append(x)
        return x

    monkeypatch.setattr(chunks, "ThreadPoolExecutor", Watched)
    results: Any = in_order(work, range(10), 2)
    assert next(results) == 0
    both_run.wait(30)
    results.close()
    assert sorted(began) == sorted(ended) == [0, 1, 2]

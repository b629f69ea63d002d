"""CPU seconds of this process, all its threads together: noise of other processes on the machine stays out."""

import time
from collections.abc import Callable


def cpu_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The least CPU time of several runs, after one run that compiles and warms up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best

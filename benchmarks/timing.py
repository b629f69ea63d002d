"""CPU seconds of this process, all its threads together, so that noise of others stays out; and its memory."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def cpu_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The least CPU time of several runs, after one run that compiles and warms up."""
    work()
    best = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def peak_mb() -> float:
    """The greatest resident memory so far, from the kernel's account of this process."""
    status = Path(f"/proc/{os.getpid()}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1_000

"""How much memory this process has needed."""

from pathlib import Path
from resource import RUSAGE_SELF, getrusage


def peak_memory_mb() -> float:
    """The most that this process has held at once; what its parent held is not counted, where the system tells."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024

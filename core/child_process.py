"""Heavy work in a Python process of its own: files in, files out, progress on its standard output.

The parent calls `run_child`; the module it names ends with `if __name__ == "__main__": child_main(work)`, where `work`
takes the folder and calls `report` as it goes. The child never opens the database. It ends when its parent does, since
its standard input closes then.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import IO

from core.errors import ValenceError
from core.progress import Progress, Steps

HEARTBEAT_S = 0.25  # the longest wait between two steps, and so between a wish to cancel and its fulfilment
LAST_LINES = 8

_PROGRESS = "\x1eprogress "  # a record separator, which no library prints by accident
_FAILURE = "\x1efailure "
_FAILED = 3  # exit status of a child that explained its failure
_ORPHANED = 4


def run_child(module: str, folder: Path, what: str) -> Steps[None]:
    """Run `python -m module folder` to its end; closing the generator kills the child and its children.

    `what` names the work in messages ("The clustering"). A `ValenceError` in the child is raised again here with the
    same words; any other failure is a `ValenceError` with the last lines that the child wrote.
    """
    with _started(module, folder) as child:
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        assert child.stdout is not None
        threading.Thread(target=_read_lines, args=(child.stdout, lines), daemon=True).start()
        tail: deque[str] = deque(maxlen=LAST_LINES)
        failure: ValenceError | None = None
        latest = Progress(0, 1, "Starting")
        has_ended = False
        while True:
            try:
                line = lines.get(timeout=HEARTBEAT_S)
            except queue.Empty:
                if has_ended:
                    break  # what still holds the pipe open has left the group
                if has_ended := _has_ended(child):
                    _kill_group(child)  # a child of the child may hold the pipe open
                yield latest
                continue
            if line is None:
                break
            if line.startswith(_PROGRESS):
                latest = Progress(*json.loads(line.removeprefix(_PROGRESS)))
                yield latest
            elif line.startswith(_FAILURE):
                failure = ValenceError(*json.loads(line.removeprefix(_FAILURE)))
            elif line.strip():
                tail.append(line.strip())
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    if failure:
        raise failure
    if child.returncode:
        raise _broken(what, child.returncode, tail)


def report(done: int, total: int, note: str = "") -> None:
    """Say from inside a child how far it has come; one line on standard output, flushed."""
    print(_PROGRESS + json.dumps([done, total, note]), flush=True)


def peak_memory_mb() -> float:
    """The most that this process has held at once; what its parent held is not counted, where the system tells."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
    return getrusage(RUSAGE_SELF).ru_maxrss / 1024


def child_main(work: Callable[[Path], None]) -> None:
    """Run `work` on the folder named on the command line; the last statement of a module that `run_child` runs."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        work(Path(sys.argv[1]))
    except ValenceError as error:
        traceback.print_exc()
        print(_FAILURE + json.dumps([error.message, error.fix]), flush=True)
        sys.exit(_FAILED)


@contextmanager
def _started(module: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A running child in a process group of its own; whatever is left of the group at the end is killed."""
    command = [sys.executable, "-m", module, str(folder)]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=_environment(),
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _kill_group(child)
        child.wait()
        if child.stdin:
            child.stdin.close()  # standard output is closed by its reader


def _environment() -> dict[str, str]:
    """Ours, without spinning OpenMP threads, and with this very copy of the project first on the path."""
    root = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {
        **os.environ,
        "OMP_WAIT_POLICY": "passive",
        "GOMP_SPINCOUNT": "0",
        "PYTHONPATH": path,
        "PYTHONSAFEPATH": "1",  # the folder we happen to be in is not on the path
    }


def _has_ended(child: "subprocess.Popen[str]") -> bool:
    """Whether it has ended, without reaping it: until then nobody else can get its number."""
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _kill_group(child: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError, PermissionError):  # all of it has ended already
        os.killpg(child.pid, signal.SIGKILL)


def _read_lines(stream: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _end_with_parent() -> None:
    """Wait for the end of standard input, which the parent holds open as long as it lives, then stop at once."""
    while os.read(0, 1):  # not through sys.stdin, whose lock would be held when the interpreter shuts down
        continue
    os._exit(_ORPHANED)


def _broken(what: str, status: int, tail: "deque[str]") -> ValenceError:
    how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    said = f" Its last lines: {' | '.join(tail)}" if tail else " It said nothing."
    fix = (
        "Free some memory and run it again."
        if status == -signal.SIGKILL
        else "Run it again; if it fails again, report these lines."
    )
    return ValenceError(f"{what} failed: its process {how}.{said}", fix)

"""The lock of a workspace: one process, one opening.

DuckDB has a lock of its own, but closing any other handle on its file drops it silently; ours cannot be lost that way.
"""

import contextlib
import fcntl
import json
import os
from pathlib import Path

from core.errors import ValenceError, WorkspaceBusy
from core.store.clock import utc_now

LOCK_FILE = ".lock"

_held: set[int] = set()  # file descriptors of the locks this process holds


def _forget_inherited() -> None:
    """A forked child shares the descriptor, and the lock would outlive its owner; closing it here releases nothing."""
    for descriptor in _held:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_inherited)


class WorkspaceLock:
    """An exclusive lock on one folder, held until `release` or the end of the process, however it ends."""

    def __init__(self, root: Path) -> None:
        """Take the lock at once; `WorkspaceBusy` when another process, or another opening here, has it."""
        self._descriptor = os.open(root / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise _busy(root) from error
        except OSError as error:
            os.close(self._descriptor)
            raise ValenceError(
                f"The folder {root} is on a file system that cannot lock files ({error.strerror}).",
                "Keep workspaces on a local disk.",
            ) from error
        _held.add(self._descriptor)
        self._write(json.dumps({"pid": os.getpid(), "since": utc_now()}))

    def release(self) -> None:
        """Give the lock back; a second release does nothing. The file stays: removing it would let two in."""
        if self._descriptor not in _held:
            return
        self._write("")
        _held.discard(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1

    def _write(self, text: str) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)


def _busy(root: Path) -> WorkspaceBusy:
    try:
        holder = json.loads((root / LOCK_FILE).read_text())
        pid, since = int(holder["pid"]), str(holder["since"])
    except (OSError, ValueError, KeyError, TypeError):
        # The holder locks first and signs an instant later: a reader in between finds no name yet.
        return WorkspaceBusy(
            f"The workspace {root.name!r} is being opened by another process.", "Wait a moment and open it again."
        )
    if pid == os.getpid():
        return WorkspaceBusy(
            f"The workspace {root.name!r} is already open in this process (process id {pid}, since {since}).",
            "Use the workspace that is open, or close it before opening it again.",
        )
    return WorkspaceBusy(
        f"The workspace {root.name!r} is in use by the process with id {pid} (since {since}).",
        f"Use that one, stop it (kill {pid}), or open another workspace.",
    )


def check_not_in_use(root: Path) -> None:
    """`WorkspaceBusy` when a process holds the workspace now; a folder that is no workspace yet is free."""
    if (root / LOCK_FILE).exists():
        WorkspaceLock(root).release()

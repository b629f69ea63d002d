"""A real `valence serve` for a benchmark: a process of its own, stopped with the block."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.workspaces_home import SINGLE_VARIABLE

_START_LIMIT_S = 120.0


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """Serve one workspace folder; the address of the server, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--workspace", str(workspace), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if name != SINGLE_VARIABLE}
    with (workspace.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=60)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + _START_LIMIT_S
    while process.poll() is None and time.monotonic() < ends:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("The server did not start.")

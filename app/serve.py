"""Starting the server process that holds the workbench."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from app.workspaces_home import SINGLE_VARIABLE, workspaces_home
from core.errors import ValenceError
from core.store.lock import check_not_in_use

DEFAULT_PORT = 8501
_ADDRESS = "127.0.0.1"


def serve(workspace: Path | None, port: int) -> dict[str, Any]:
    """Run the workbench until it is stopped; `ValenceError` when the port is taken or the server could not start."""
    _check_port(port)
    if workspace is not None:
        os.environ[SINGLE_VARIABLE] = str(workspace.expanduser().resolve())
    check_not_in_use(workspaces_home().first)
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("server.py"))),
        *("--server.port", str(port), "--server.address", os.environ.get("VALENCE_ADDRESS", _ADDRESS)),
    ]
    print(f"The workbench opens on http://localhost:{port} (stop it with Ctrl-C)", flush=True)
    server = subprocess.Popen(command)
    try:
        code = server.wait()
    except KeyboardInterrupt:
        code = _wait_for_shutdown(server)
    if code not in (0, -2, 130):
        raise ValenceError("The server stopped with an error.", "The lines above say why.")
    return {"ok": True, "stopped": True}


def _wait_for_shutdown(server: "subprocess.Popen[bytes]") -> int:
    """Ctrl-C reached the server too: give it the time to write its last facts."""
    try:
        return server.wait(timeout=20)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        server.kill()
        return server.wait()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError as error:
            raise ValenceError(
                f"Port {port} is in use.", f"Choose another one: valence serve --port {port + 1}"
            ) from error

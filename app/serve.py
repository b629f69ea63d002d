"""Starting the server process that holds the workbench."""

import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

from app.workspaces_home import SINGLE_VARIABLE, workspaces_home
from core.errors import ValenceError
from core.store.lock import check_not_in_use

DEFAULT_PORT = 8501
_ADDRESS = "127.0.0.1"


def serve(workspace: Path | None, port: int) -> NoReturn:
    """Become the server process, which runs until it is stopped; `VALENCE_ADDRESS` widens where it listens.

    `ValenceError` when the port is taken, `WorkspaceBusy` when another process holds the workspace.
    """
    if workspace is not None:
        os.environ[SINGLE_VARIABLE] = str(workspace.expanduser().resolve())
    check_not_in_use(workspaces_home().first)
    _check_port(port)
    print(f"The workbench opens on http://localhost:{port} (stop it with Ctrl-C)", flush=True)
    program = [sys.executable, "-m", "streamlit", "run", str(Path(__file__).with_name("server.py"))]
    where = ["--server.port", str(port), "--server.address", os.environ.get("VALENCE_ADDRESS", _ADDRESS)]
    os.execv(sys.executable, [*program, *where])


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_ADDRESS, port))
        except OSError as error:
            raise ValenceError(
                f"Port {port} is in use.", f"Choose another one: valence serve --port {port + 1}"
            ) from error

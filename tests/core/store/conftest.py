"""A second process for the tests: it runs the commands of `child_process.py`, each in a fork of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.store.workspace import Workspace, open_workspace


class Child:
    """One running command."""

    def __init__(self, process: subprocess.Popen[str], pid: int) -> None:
        self.pid = pid
        self._process = process
        self.said: list[Any] = []
        self.status: int | None = None

    def hear(self) -> Any | None:
        """The next thing the command says; None when it is over (then `status` is its exit status)."""
        assert self._process.stdout is not None
        message = json.loads(self._process.stdout.readline())
        if isinstance(message, dict) and "exit_status" in message:
            self.status = message["exit_status"]
            return None
        self.said.append(message)
        return message

    def hear_all(self) -> list[Any]:
        while self.hear() is not None:
            pass
        return self.said

    def kill(self) -> None:
        """`kill -9`, and hear what it still said before."""
        os.kill(self.pid, signal.SIGKILL)
        self.hear_all()


class Children:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._latest: Child | None = None

    def run(self, command: str, **arguments: Any) -> Child:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
        self._process.stdin.flush()
        child = Child(self._process, json.loads(self._process.stdout.readline())["pid"])
        self._latest = child
        return child

    def stop_the_latest(self) -> None:
        """So that a failed test leaves no process behind."""
        if self._latest is not None and self._latest.status is None:
            self._latest.kill()


@pytest.fixture(scope="session")
def children() -> Iterator[Children]:
    script = Path(__file__).with_name("child_process.py")
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        children = Children(process)
        yield children
        children.stop_the_latest()
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace nobody has used, to be copied: three times faster than making one."""
    root = tmp_path_factory.mktemp("new") / "demo"
    open_workspace(root).close()
    return root


@pytest.fixture
def workspace(tmp_path: Path, new_workspace: Path) -> Iterator[Workspace]:
    shutil.copytree(new_workspace, tmp_path / "demo")
    with open_workspace(tmp_path / "demo") as workspace:
        yield workspace

"""The independent fake server `llmock`, as a process of its own on a free loopback port.

Use the fixtures `llmock_process` (one per session) and `fake_providers` (the same, emptied before each test):
`from tests.fakes.llmock_server import fake_providers, llmock_process` in a conftest.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

_START_LIMIT_S = 60
_POLL_S = 0.05
_COMMAND = (sys.executable, "-c", "from llmock.cli import app; app()", "serve", "--host", "127.0.0.1")


class LlmockServer:
    """A running `llmock serve`. Faults are queued with `scenario` and used up by the requests that follow."""

    def __init__(self) -> None:
        self.port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("LLMOCK_")}
        self._process = subprocess.Popen(
            [*_COMMAND, "--port", str(self.port)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_it_answers()

    @property
    def gemini_url(self) -> str:
        """Base URL for google-genai."""
        return f"http://127.0.0.1:{self.port}/gemini"

    @property
    def openai_url(self) -> str:
        """Base URL for openai."""
        return f"http://127.0.0.1:{self.port}/v1"

    def scenario(self, *behaviours: dict[str, Any]) -> None:
        """Queue behaviours, such as `{"type": "fail", "status": 429, "retry_after": 3}` or
        `{"type": "reply", "text": "...", "finish_reason": "length"}` or `{"type": "delay", "seconds": 0.5}`;
        `times` repeats one (None: for ever)."""
        self._call("POST", "/_llmock/scenario", {"behaviors": list(behaviours)})

    def reset(self) -> None:
        """Forget queued behaviours and recorded requests."""
        self._call("POST", "/_llmock/reset")

    def requests(self) -> list[dict[str, Any]]:
        """Every request since the last reset, oldest first: `path`, `status`, `body`, ..."""
        found: list[dict[str, Any]] = self._call("GET", "/_llmock/requests")["requests"]
        return found

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_LIMIT_S
        while True:
            try:
                self._call("GET", "/health")
                return
            except (urllib.error.URLError, ConnectionError):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise
                time.sleep(_POLL_S)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
            method=method,
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return json.loads(answer.read())


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def llmock_process() -> Iterator[LlmockServer]:
    server = LlmockServer()
    yield server
    server.stop()


@pytest.fixture
def fake_providers(llmock_process: LlmockServer) -> LlmockServer:
    llmock_process.reset()
    return llmock_process

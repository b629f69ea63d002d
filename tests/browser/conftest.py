"""A real server on a temporary home and a real chromium; both belong to the test and end with it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

START_LIMIT_S = 120
_CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Server:
    """`valence serve` as a process of its own, in a process group that can be killed whole."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://localhost:{port}"
        self.log = home.parent / f"server-{port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        environment = {**os.environ, "VALENCE_HOME": str(self.home)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_LIMIT_S
        pause = threading.Event()
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            pause.wait(0.1)
        return self

    def kill(self) -> None:
        """As a power cut would: no chance to tidy up."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGINT)

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)
            try:
                self._process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser per file: Playwright's event loop runs as long as the browser does, and no other test may meet it."""
    path = os.environ.get("VALENCE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        if os.environ.get("VALENCE_REQUIRE_BROWSER"):
            pytest.fail("No chromium was found, and browser tests must not be skipped here.")
        pytest.skip("No chromium on this machine (Debian: apt-get install chromium).")
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page in a context of its own; a request that leaves this machine fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(60_000)
    opened = context.new_page()
    outside: list[str] = []
    opened.on("request", lambda r: outside.append(r.url) if _leaves(r.url) else None)
    yield opened
    context.close()
    assert not outside, f"The page asked for {outside}"


@pytest.fixture
def new_server(tmp_path: Path, put_demo: Callable[[Path], None]) -> Iterator[Callable[[], Server]]:
    """Makes servers on this test's home, each on a port of its own; all are stopped at the end."""
    put_demo(tmp_path / "home")
    servers: list[Server] = []

    def make() -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        servers.append(Server(tmp_path / "home", port))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def server(new_server: Callable[[], Server]) -> Server:
    return new_server().start()


def _leaves(url: str) -> bool:
    return not url.startswith(("http://localhost", "http://127.0.0.1", "ws://localhost", "data:", "blob:", "about:"))

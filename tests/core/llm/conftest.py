"""Providers on loopback for the tests of this folder; the environment's own keys are hidden from them."""

from collections.abc import Iterator

import pytest

from tests.fakes.llmock_server import fake_providers, llmock_process  # noqa: F401 - fixtures
from tests.fakes.wire_server import Answer, WireServer


@pytest.fixture(scope="session")
def wire_process() -> Iterator[WireServer]:
    with WireServer() as server:
        yield server


@pytest.fixture
def wire(wire_process: WireServer) -> WireServer:
    """A server that says what the test sets as its `respond`."""
    wire_process.asked.clear()
    wire_process.respond = lambda _: Answer()
    return wire_process


@pytest.fixture(autouse=True)
def _no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("GEMINI_API_KEY", "GOOGLE_API_KEY", "OPENAI_API_KEY", "VALENCE_OPENAI_API_KEY")
    for name in (*names, "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"):
        monkeypatch.delenv(name, raising=False)

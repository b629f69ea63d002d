"""A run that asks a model: set up on Settings, watched on Graph, paused and resumed, and traced on Runs."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.workbench import create_workspace, go_to, open_workbench, settle, upload_catalogue
from tests.fakes.knowing_provider import KnowingProvider
from tests.fakes.wire_server import Answer

pytestmark = pytest.mark.browser
SMALL = Path(__file__).parents[2] / "data" / "catalogues" / "small.csv"
N_FREE = 8  # calls the provider answers before it holds the others back


class Turnstile:
    """Lets the first calls through and holds the others until it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, number: int) -> Answer | None:
        if number >= N_FREE:
            self.opened.wait(timeout=60)
        return None


@pytest.fixture
def turnstile() -> Iterator[Turnstile]:
    held = Turnstile()
    yield held
    held.opened.set()


def test_a_model_is_set_up_watched_paused_resumed_and_traced(server: Server, page: Page, turnstile: Turnstile) -> None:
    provider = KnowingProvider(turnstile)
    with provider.server:
        open_workbench(page, server.url)
        create_workspace(page, "paid")
        upload_catalogue(page, SMALL)

        go_to(page, "Settings")
        page.get_by_role("radio", name="OpenAI-compatible server").first.click()
        # Each provider has a "Model" and an "Address"; only the examples in them tell whose fields are on the screen.
        for example, text in (("llama3.1:8b", "knowing-1"), ("http://localhost:11434/v1", provider.base_url)):
            field = page.get_by_placeholder(example, exact=True).first
            field.fill(text)
            field.press("Enter")
            settle(page)
        expect(page.get_by_role("button", name="Save the model")).to_be_enabled()
        page.get_by_role("button", name="Save the model").click()
        expect(page.get_by_text(re.compile("^Saved. Graphs of this workspace"))).to_be_visible()

        go_to(page, "Graph")
        page.get_by_role("radio", name="Language model").click()
        settle(page)
        page.get_by_role("button", name="Build the graph").click()
        pause = page.get_by_role("button", name="Pause")
        expect(pause).to_be_visible()
        pause.click()
        turnstile.opened.set()
        resume = page.get_by_role("button", name="Resume")
        expect(resume).to_be_visible()
        n_paid = provider.n_answered
        assert n_paid < 17 + 2  # not all pairs and the canary

        resume.click()
        expect(page.get_by_text("How each pair of modalities was judged")).to_be_visible()

        go_to(page, "Runs")
        page.get_by_role("tab", name="Calls").click()
        expect(page.get_by_text(re.compile("calls", re.I)).first).to_be_visible()
        bodies = [asked.body for asked in provider.server.asked]
        assert len(set(bodies)) == len(bodies), "a question was asked twice"

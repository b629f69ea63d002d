"""The density page in a real browser: how long after a slider's move its share, verdict and picture are new."""

import os
import re
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.served import served
from benchmarks.table import Row
from core.store.workspace import open_workspace
from core.workflows.examples import save_example

LIMIT_S = 0.5
N_MOVES = 20
WORKSPACE = "density"
_SHARE = re.compile(r"% of random rows fit$")
# Looked at with every picture the browser draws; Playwright's own waiting looks after 0.1, 0.35 and 0.85 s only.
_SHARE_IS_NEW = """before => {
  const found = [...document.querySelectorAll('[data-testid="stMarkdown"]')].map(element => element.innerText.trim());
  return found.filter(text => text.endsWith("% of random rows fit")).pop() !== before;
}"""
_IS_SETTLED = """() => document.querySelector('[data-testid="stApp"]').dataset.testScriptState !== "running" """
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def run() -> list[Row]:
    """Server and browser share the cores of this machine, so the figures are upper bounds."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / WORKSPACE
        with open_workspace(root) as workspace:
            graphs = {name: save_example(workspace, name).id for name in ("746", "1400")}
        with served(root) as url:
            for name, graph in graphs.items():
                shares, pages = zip(*_moves(f"{url}/density?workspace={WORKSPACE}&graph={graph}"), strict=True)
                what = f"density page, {int(name):,} attributes: a slider's move"
                rows.append(Row(what, median(pages), LIMIT_S, LIMIT_S / median(pages), "s", "median; times below"))
                note = f"of {N_MOVES} moves; times below"
                rows.append(Row("  the slowest", max(pages), LIMIT_S, LIMIT_S / max(pages), "s", note))
                rows.append(Row("  its new share", median(shares), LIMIT_S, LIMIT_S / median(shares), "s", "median"))
    return rows


def _moves(address: str) -> list[tuple[float, float]]:
    """Seconds from each press of a key on the last label's first slider until its share is new, and all of the page."""
    chromium = os.environ.get("VALENCE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(address)
        expect(page.get_by_text(_SHARE).last).to_be_visible(timeout=120_000)
        _settle(page)
        seconds = [_move(page) for _ in range(N_MOVES + 2)]
        browser.close()
    return seconds[2:]  # the first changes of a draft say so in the address, too


def _move(page: Page) -> tuple[float, float]:
    before = page.get_by_text(_SHARE).last.inner_text()
    thumb = page.get_by_role("slider", name="Share of + pairs").nth(-2)
    thumb.focus()
    started = time.perf_counter()
    thumb.press("ArrowRight")
    page.wait_for_function(_SHARE_IS_NEW, arg=before, polling="raf")
    share = time.perf_counter() - started
    page.wait_for_function(_IS_SETTLED, polling="raf")
    return share, time.perf_counter() - started


def _settle(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute(
        "data-test-script-state", re.compile("notRunning|initial"), timeout=120_000
    )

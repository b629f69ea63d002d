"""From rows to a place on the Leaderboard: split, opened, trained, scored, and looked at pair by pair."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.workbench import (
    build_graph,
    create_workspace,
    go_to,
    open_workbench,
    selected,
    set_rows,
    settle,
    upload_catalogue,
)

pytestmark = pytest.mark.browser
SMALL = Path(__file__).parents[2] / "data" / "catalogues" / "small.csv"


def test_a_model_is_trained_and_stands_on_the_leaderboard(server: Server, page: Page) -> None:
    open_workbench(page, server.url)
    create_workspace(page, "models")
    upload_catalogue(page, SMALL)
    build_graph(page)
    go_to(page, "Sampling")
    for label in ("pos", "neg", "avg"):
        set_rows(page, label, 300)
    page.get_by_role("button", name="Draw all rows").click()
    page.wait_for_url(re.compile("dataset="))

    go_to(page, "Models")
    page.get_by_role("button", name="Split the rows").click()
    page.get_by_role("button", name="Open on the board").click()
    expect(page.get_by_text("No model has been trained on this version yet")).to_be_visible()
    settle(page)
    page.get_by_role("radio", name=re.compile("^Pair kernel model")).check(force=True)
    settle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile("model_run="))
    settle(page)
    score = page.get_by_test_id("stMetric").filter(has_text="Public score").get_by_test_id("stMetricValue").inner_text()
    assert 0 < float(score) <= 1

    page.get_by_role("tab", name="Pairs it learnt").click()
    expect(page.get_by_text(re.compile("pairs, | of .* pairs")).first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name=re.compile("^Pairs found")).click()
    lines = Path(started.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("source,target") and len(lines) > 10

    page.get_by_role("button", name="See it on the Leaderboard").click()
    expect(page.get_by_role("heading", level=1, name="Leaderboard")).to_be_visible()
    settle(page)
    assert selected(page, "entry")
    expect(page.get_by_text(re.compile(rf"Team .*workbench.* macro F1 {re.escape(score)}"))).to_be_visible()

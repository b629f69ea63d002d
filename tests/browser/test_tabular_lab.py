"""The tabular lab: a file is uploaded and confirmed, two engines run, their tables are compared and downloaded."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.tabular.demo import demo_table
from core.tabular.writing import to_csv
from tests.browser.conftest import Server
from tests.browser.workbench import create_workspace, go_to, open_workbench, selected, settle

pytestmark = pytest.mark.browser
N_ROWS = 700


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    file = tmp_path / "clicks.csv"
    file.write_bytes(to_csv(demo_table(N_ROWS)))
    return file


def test_a_table_is_made_more_of_by_two_engines_and_compared(server: Server, page: Page, clicks: Path) -> None:
    open_workbench(page, server.url)
    create_workspace(page, "tables")
    go_to(page, "Tabular lab")
    page.locator("input[type=file]").first.set_input_files(clicks)
    page.get_by_role("button", name="Read and keep this table").click()
    page.wait_for_url(re.compile("tabular_table="))
    expect(page.get_by_text(f"{N_ROWS} rows, 17 columns.")).to_be_visible()
    page.get_by_role("button", name="Confirm the schema").click()
    page.wait_for_url(re.compile("tabular_schema="))
    expect(page.get_by_test_id("stMetric").filter(has_text="Set aside")).to_contain_text("210")

    settle(page)
    page.get_by_role("button", name="SMOTE", exact=True).click()
    page.get_by_role("button", name="Make the rows with 2 engines").click()
    page.get_by_role("tab", name="Compare").click()
    expect(page.get_by_text(re.compile(r"^Tree sampler · 490 rows"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^SMOTE · 490 rows"))).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Judge them against the real rows").click()
    page.wait_for_url(re.compile("tabular_report="), timeout=240_000)
    expect(page.get_by_text(re.compile("^Closest to real"))).to_be_visible()
    settle(page)
    page.get_by_role("tab", name="Privacy").click()
    expect(page.get_by_text("Bound to one single real row")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("button", name="Report (HTML)").click()
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert text.lstrip().startswith("<!doctype html>") or text.lstrip().startswith("<!DOCTYPE html>")
    assert "Tree sampler" in text and "http://" not in text.replace("http://www.w3.org", "")

    page.get_by_role("tab", name="Tables made").click()
    settle(page)
    with page.expect_download() as started:
        page.get_by_role("button", name="CSV", exact=True).click()
    with Path(started.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 490 and {row["converted"] for row in rows} == {"0", "1"}

    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="See it on the Leaderboard").click()
    expect(page.get_by_role("heading", level=1, name="Leaderboard")).to_be_visible()
    settle(page)
    assert selected(page, "tabular_schema")
    expect(page.get_by_text(re.compile("Judged against 210 real rows"))).to_be_visible()

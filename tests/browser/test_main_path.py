"""The main job as a newcomer does it: upload, build, tune, sample, download; and a refresh in the middle of a job."""

import csv
import io
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

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
LARGE = Path(__file__).parents[2] / "data" / "catalogues" / "large.csv"


def download(page: Page, button: str) -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name=re.compile(button)).first.click()
    return Path(started.value.path()).read_bytes()


def sign_of_pair(edges: bytes, catalogue: Path) -> dict[frozenset[str], str]:
    """Signs by pair of values, from the two files alone."""
    with catalogue.open(encoding="utf-8", newline="") as file:
        value_of = {row["id"]: row["value"] for row in csv.DictReader(file)}
    rows = csv.DictReader(io.StringIO(edges.decode("utf-8")))
    return {frozenset((value_of[r["source"]], value_of[r["target"]])): r["sign"] for r in rows}


def recount(row: dict[str, Any], signs: dict[frozenset[str], str]) -> tuple[float, float]:
    values = [value for name, found in row.items() if name != "label" for value in found]
    found = [signs.get(frozenset(pair)) for pair in combinations(values, 2)]
    return found.count("+") / len(found), found.count("-") / len(found)


def test_from_an_uploaded_catalogue_to_a_recounted_dataset(server: Server, page: Page) -> None:
    open_workbench(page, server.url)
    create_workspace(page, "spring")
    upload_catalogue(page, LARGE)
    build_graph(page)

    go_to(page, "Density")
    thumb = page.get_by_role("slider", name=re.compile("Share of . pairs")).first
    before = thumb.get_attribute("aria-valuenow")
    thumb.press("ArrowRight")
    thumb.press("ArrowRight")
    settle(page)
    expect(page.get_by_role("slider", name=re.compile("Share of . pairs")).first).not_to_have_attribute(
        "aria-valuenow", str(before)
    )
    page.wait_for_url(re.compile("draft="))

    go_to(page, "Sampling")
    for label, n_rows in {"pos": 400, "neg": 300, "avg": 300}.items():
        set_rows(page, label, n_rows)
    expect(page.get_by_text("1,000 rows", exact=True)).to_be_visible()
    page.get_by_role("button", name="Draw all rows").click()
    page.wait_for_url(re.compile("dataset="))

    go_to(page, "Datasets")
    config = json.loads(download(page, "^Configuration"))
    rows = [json.loads(line) for line in download(page, r"^Rows \(JSONL\)").decode("utf-8").splitlines()]
    go_to(page, "Edges")
    signs = sign_of_pair(download(page, "All edges"), LARGE)

    assert {label: sum(row["label"] == label for row in rows) for label in ("pos", "neg", "avg")} == {
        "pos": 400,
        "neg": 300,
        "avg": 300,
    }
    for row in rows:
        params = config["label_params"][row["label"]]
        pos_frac, neg_frac = recount(row, signs)
        assert params["pos_frac_range"][0] <= pos_frac <= params["pos_frac_range"][1]
        assert params["neg_frac_range"][0] <= neg_frac <= params["neg_frac_range"][1]
        for name, (low, high) in config["type_ranges"].items():
            assert low <= len(row[name]) <= high


def test_a_refresh_finds_the_job_again_and_it_can_be_cancelled(server: Server, page: Page) -> None:
    open_workbench(page, f"{server.url}/sampling?workspace=demo")
    for label in ("pos", "neg", "avg"):
        set_rows(page, label, 1_000_000)
    page.get_by_role("button", name="Draw all rows").click()
    page.wait_for_url(re.compile("job="))
    job = selected(page, "job")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()

    page.reload()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    assert selected(page, "job") == job
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("Cancelled"))).to_be_visible()
    expect(page.get_by_role("button", name="Run again")).to_be_visible()

"""Somebody who is faster than the workbench, or the other way round, loses and misses nothing."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.workbench import open_workbench, settle

pytestmark = pytest.mark.browser


def test_fields_filled_one_right_after_the_other_are_all_kept(server: Server, page: Page) -> None:
    open_workbench(page, f"{server.url}/sampling?workspace=demo")
    fields = [page.get_by_label(f"Rows of {label}", exact=True) for label in ("pos", "neg", "avg")]
    for field in fields:
        expect(field).to_be_visible()
    settle(page)
    for field in fields:
        field.fill("4321")
        field.press("Enter")
    page.wait_for_url(re.compile("draft="))
    settle(page)
    for field in fields:
        expect(field).to_have_value("4321")


def test_what_was_saved_is_said_however_fast_the_page_is_drawn_again(server: Server, page: Page) -> None:
    open_workbench(page, f"{server.url}/settings?workspace=demo")
    said = page.get_by_text(re.compile("^Saved. Graphs of this workspace"))
    for model in ("first", "second", "third"):  # the first time loads what the next times have
        field = page.get_by_label("Model", exact=True).first
        field.fill(model)
        field.press("Enter")
        page.get_by_role("button", name="Save the model").click()
        expect(said).to_be_visible()
        expect(said).to_be_hidden()

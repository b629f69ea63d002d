"""What a person does in the workbench, as verbs over a playwright page."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

_PATIENCE_MS = 20_000


def open_workbench(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def go_to(page: Page, title: str) -> None:
    """Follow a link of the sidebar and wait for its page; click again, as people do, where nothing seems to happen."""
    link = page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True)
    heading = page.get_by_role("heading", level=1, name=title)
    link.click()
    try:
        expect(heading).to_be_visible(timeout=_PATIENCE_MS)
    except AssertionError:
        link.click()
        expect(heading).to_be_visible()
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script run that is under way has ended."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", re.compile("notRunning|initial"))


def create_workspace(page: Page, name: str) -> None:
    page.get_by_role("button", name="New workspace").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(re.compile(f"workspace={name}"))
    page.keyboard.press("Escape")
    settle(page)


def upload_catalogue(page: Page, file: Path) -> None:
    go_to(page, "Catalogue")
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_role("button", name="Keep this catalogue").click()
    expect(page.get_by_text(re.compile("^Kept: "))).to_be_visible()


def build_graph(page: Page) -> None:
    go_to(page, "Graph")
    page.get_by_role("button", name="Build the graph").click()
    expect(page.get_by_text("How each pair of modalities was judged")).to_be_visible()


def set_rows(page: Page, label: str, n_rows: int) -> None:
    field = page.get_by_label(f"Rows of {label}", exact=True)
    field.fill(str(n_rows))
    field.press("Enter")
    settle(page)


def selected(page: Page, field: str) -> str:
    """An id of the selection, read from the address."""
    return parse_qs(urlsplit(page.url).query).get(field, [""])[0]


def picker(page: Page, label: str) -> Locator:
    """The first select box of that label on the page, not in the sidebar."""
    return page.get_by_test_id("stMain").get_by_role("combobox", name=label, exact=True).first


def choose(page: Page, label: str, start: str) -> None:
    """Choose another option, which begins so, and wait until the page shows it and its address holds it."""
    before = page.url
    picker(page, label).click()
    page.get_by_role("option", name=re.compile(f"^{start}")).click()
    expect(picker(page, label)).to_have_value(re.compile(f"^{start}"))
    expect(page).not_to_have_url(before)
    settle(page)

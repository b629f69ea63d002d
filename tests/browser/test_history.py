"""Back, Forward and refresh: one entry for every page visited and every choice made, each with what was selected."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.workbench import choose, go_to, open_workbench, picker, selected, settle

pytestmark = pytest.mark.browser
HOME, NEWEST, OTHER = "From marketing knowledge to labelled data", "Large demo", "Small demo"


def is_at(page: Page, title: str, catalogue: str = "") -> None:
    """The page shows this title and, where it has the picker, this catalogue."""
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    if catalogue:
        expect(picker(page, "Catalogue")).to_have_value(re.compile(f"^{catalogue}"))
    settle(page)


def n_entries(page: Page) -> int:
    return int(page.evaluate("history.length"))


def test_back_and_forward_stop_once_at_every_page_and_choice(server: Server, page: Page) -> None:
    open_workbench(page, server.url)
    settle(page)
    before = n_entries(page)
    go_to(page, "Catalogue")
    is_at(page, "Catalogue", NEWEST)
    choose(page, "Catalogue", OTHER)
    go_to(page, "Graph")
    is_at(page, "Graph", OTHER)
    go_to(page, "Density")
    assert n_entries(page) - before == 4  # three visits and one choice

    for title, catalogue in (("Graph", OTHER), ("Catalogue", OTHER), ("Catalogue", NEWEST), (HOME, "")):
        page.go_back()
        is_at(page, title, catalogue)
    for title, catalogue in (("Catalogue", NEWEST), ("Catalogue", OTHER), ("Graph", OTHER), ("Density", "")):
        page.go_forward()
        is_at(page, title, catalogue)
    assert n_entries(page) - before == 4  # nothing was written on the way


def test_a_refresh_and_a_shared_link_show_what_was_chosen(server: Server, page: Page) -> None:
    open_workbench(page, f"{server.url}/catalogue")
    is_at(page, "Catalogue", NEWEST)
    choose(page, "Catalogue", OTHER)
    chosen = selected(page, "catalogue")
    go_to(page, "Graph")
    assert selected(page, "catalogue") == chosen
    page.reload()
    is_at(page, "Graph", OTHER)

    guest = page.context.new_page()
    open_workbench(guest, page.url)
    is_at(guest, "Graph", OTHER)


def test_a_card_of_home_is_one_step_from_home(server: Server, page: Page) -> None:
    open_workbench(page, server.url)
    settle(page)
    before = n_entries(page)
    page.get_by_role("button", name="Open graph", exact=True).click()
    is_at(page, "Graph", NEWEST)
    assert n_entries(page) - before == 1
    page.go_back()
    is_at(page, HOME)


def test_a_change_on_the_density_page_goes_along_to_the_next_page(server: Server, page: Page) -> None:
    open_workbench(page, f"{server.url}/density")
    settle(page)
    assert not selected(page, "draft")  # nothing was changed yet
    page.get_by_role("slider", name=re.compile("Share of . pairs")).first.press("ArrowRight")
    page.wait_for_url(re.compile("draft="))
    settle(page)
    draft = selected(page, "draft")
    go_to(page, "Sampling")
    assert selected(page, "draft") == draft

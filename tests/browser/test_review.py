"""Reviewing in a real browser: by keyboard alone, by two people at once, and with texts that mean harm."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, Verdict
from core.graph.review.queue_settings import QueuePolicy, QueueSettings
from core.progress import finish
from core.store.review_log import Review
from core.store.workspace import Workspace, open_workspace
from core.workflows import graph_tools
from core.workflows.catalogues import save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import GRAPH, build_graph
from core.workflows.review_queues import create_queue
from tests.browser.conftest import Server
from tests.browser.workbench import go_to, settle

pytestmark = pytest.mark.browser
WORKSPACE = "work"
N_CARDS = 24
ATTACKS = (
    "<script>window.hacked = 1; alert('script')</script>",
    "<img src='/evil-image' onerror=\"window.hacked = 1; alert('img')\">",
    "[press me](javascript:alert('link'))",
    "<a href=\"javascript:alert('href')\">press me</a>",
    "<iframe srcdoc=\"<script>parent.hacked = 1; alert('frame')</script>\"></iframe>",
    "![x](http://evil.example/tracker.png) \u202eright to left",
    "</script><svg onload=\"window.hacked = 1; alert('svg')\">",
)


class FixedJudge:
    """Says the same of every pair each time; its reasons are attacks where the names are."""

    name = "fixed"
    fingerprint = "fixed-1"

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        return [self._verdict(*sorted((primary, target), key=lambda end: end.id)) for target in targets]

    def _verdict(self, first: Attribute, second: Attribute) -> Verdict:
        number = sum(map(ord, first.id + second.id))
        outcome = (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)[number % 3]
        reason = ATTACKS[number % len(ATTACKS)] if "<" in first.value else f"{first.value} meets {second.value}."
        return Verdict(outcome, 0.75, reason)


def catalogue_of(names: Callable[[str, int], str]) -> Catalogue:
    sizes = {"audience": 7, "brand": 7, "geo": 3}
    return Catalogue(
        tuple(
            Attribute(f"{modality}{i}", names(modality, i), modality, modality, {"known for": names(modality, i)})
            for modality, size in sizes.items()
            for i in range(size)
        )
    )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(graph_tools, "offline_judge", FixedJudge)
    return tmp_path / "home"


@pytest.fixture
def stored(home: Path) -> Iterator[Callable[[], Workspace]]:
    """Opens the workspace while no server holds it; what is still open is closed at the end."""
    opened: list[Workspace] = []

    def open_it() -> Workspace:
        home.mkdir(exist_ok=True)
        opened.append(open_workspace(home / WORKSPACE))
        return opened[-1]

    yield open_it
    for workspace in opened:
        workspace.close()


def make_queue(workspace: Workspace, catalogue: Catalogue, **settings: object) -> str:
    """The id of a queue over a judged graph; the workspace is closed afterwards, for a server to hold it."""
    save_catalogue(workspace, catalogue, "Attributes")
    parameters = {"catalogue": catalogue.id, "settings": GraphSettings().model_dump(mode="json")}
    graph = finish(build_graph(workspace, parameters))[GRAPH]
    wanted = {"policy": QueuePolicy.AUDIT, "n_cards": N_CARDS, "double_share": 0, **settings}
    queue = create_queue(workspace, graph, QueueSettings.model_validate(wanted))
    workspace.close()
    return queue.id


def plain_names(modality: str, number: int) -> str:
    return f"{modality.title()} No {number}"


def link(server: Server, queue: str, reviewer: str = "") -> str:
    who = f"&reviewer={reviewer}" if reviewer else ""
    return f"{server.url}/review?workspace={WORKSPACE}&queue={queue}{who}"


def open_desk(page: Page, server: Server, queue: str, reviewer: str) -> None:
    page.goto(link(server, queue, reviewer))
    wait_for_card(page)


def wait_for_card(page: Page, number: str = r"\d+") -> None:
    """Wait until a card is on the screen and the keyboard is listened to."""
    expect(page.get_by_text(re.compile(rf"^Card {number} of"))).to_be_visible()
    expect(page.locator(".keys[data-turn]")).to_be_visible()
    settle(page)


def number_of(page: Page) -> int:
    return int(re.findall(r"Card (\d+) of", page.get_by_text(re.compile(r"^Card \d+ of")).inner_text())[0])


def question(page: Page) -> str:
    return page.get_by_role("heading", level=5).inner_text()


def press(page: Page, key: str) -> None:
    """Press a key and wait until its outcome is said and the next card, or the end, is on the screen."""
    turn = page.locator(".keys").get_attribute("data-turn")
    page.keyboard.press(key)
    expect(page.locator(".keys")).not_to_have_attribute("data-turn", turn or "")
    settle(page)


def decided(page: Page) -> int:
    text = page.get_by_text(re.compile(r"^You decided")).inner_text()
    return int(re.findall(r"You decided (\d+)", text)[0])


def standing(workspace: Workspace, queue: str) -> list[Review]:
    return [review for review in workspace.reviews.of_queue(queue) if review.stands]


def test_twenty_cards_by_keyboard_alone_two_undone_and_the_rest_after_a_refresh(
    page: Page, stored: Callable[[], Workspace], new_server: Callable[[], Server]
) -> None:
    queue = make_queue(stored(), catalogue_of(plain_names))
    server = new_server().start()
    page.goto(link(server, queue))
    page.get_by_role("combobox", name="Your name").focus()
    page.keyboard.type("Ana")
    page.keyboard.press("Enter")
    wait_for_card(page, "1")
    asked = []
    for number in range(20):
        asked.append(question(page))
        press(page, "+-0s"[number % 4])
        expect(page.get_by_text(re.compile("Saved")).first).to_be_visible()
    assert len(set(asked)) == 20 and number_of(page) == 21
    assert decided(page) == 15

    for number in (20, 19):
        press(page, "u")
        expect(page.get_by_text(re.compile("Undone")).first).to_be_visible()
        assert number_of(page) == number and question(page) == asked[number - 1]
    page.reload()
    wait_for_card(page, "19")
    assert question(page) == asked[18] and decided(page) == 14

    page.keyboard.press("n")
    page.keyboard.type("Seen in +3 shops - often")
    page.keyboard.press("Escape")
    settle(page)
    for number in range(19, N_CARDS + 1):
        assert number_of(page) == number
        press(page, "-")
    expect(page.get_by_text("Nothing is left for you here")).to_be_visible()
    server.stop()

    workspace = stored()
    made = standing(workspace, queue)
    pairs = {(review.source, review.target) for review in made}
    assert len(made) == len(pairs) == N_CARDS
    assert {review.reviewer for review in made} == {"Ana"}
    assert [review.note for review in made if review.note] == ["Seen in +3 shops - often"]
    assert len(workspace.reviews.of_queue(queue)) == N_CARDS + 2


def test_keys_in_a_field_and_held_keys_decide_nothing(
    page: Page, stored: Callable[[], Workspace], new_server: Callable[[], Server]
) -> None:
    queue = make_queue(stored(), catalogue_of(plain_names))
    server = new_server().start()
    open_desk(page, server, queue, "Ana")
    page.get_by_placeholder("Key: N").focus()
    page.keyboard.type("+-0su")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+-")
    page.evaluate("() => document.dispatchEvent(new KeyboardEvent('keydown', {key: '+', repeat: true}))")
    settle(page)
    assert number_of(page) == 1 and decided(page) == 0

    page.evaluate("() => ['+', '-', '0'].forEach(key => document.dispatchEvent(new KeyboardEvent('keydown', {key})))")
    wait_for_card(page, "2")
    assert decided(page) == 1, "only the first key was pressed on the card that was seen"
    server.stop()
    assert [review.decision for review in stored().reviews.of_queue(queue)] == ["+"]


def test_a_saved_decision_survives_a_killed_server(
    page: Page, stored: Callable[[], Workspace], new_server: Callable[[], Server]
) -> None:
    queue = make_queue(stored(), catalogue_of(plain_names))
    server = new_server().start()
    open_desk(page, server, queue, "Ana")
    page.keyboard.press("-")
    expect(page.get_by_text(re.compile("Saved")).first).to_be_visible()
    server.kill()
    page.close()

    [kept] = standing(stored(), queue)
    assert (kept.reviewer, kept.decision) == ("Ana", "-")


def test_two_reviewers_share_a_queue(
    chromium: Browser, page: Page, stored: Callable[[], Workspace], new_server: Callable[[], Server]
) -> None:
    queue = make_queue(stored(), catalogue_of(plain_names))
    server = new_server().start()
    context = chromium.new_context(viewport={"width": 1440, "height": 1000})
    other = context.new_page()
    open_desk(page, server, queue, "Ana")
    open_desk(other, server, queue, "Bo")
    for _ in range(5):
        assert number_of(page) != number_of(other)
        press(page, "+")
        press(other, "-")
    press(page, "0")
    expect(page.get_by_text("You decided 6 · 11 of 24 cards are done")).to_be_visible()
    other.reload()
    expect(other.get_by_text("You decided 5 · 11 of 24 cards are done")).to_be_visible()
    settle(other)
    context.close()
    server.stop()

    made = standing(stored(), queue)
    assert len({(review.source, review.target) for review in made}) == len(made) == 11


def test_harmful_texts_never_run(page: Page, stored: Callable[[], Workspace], new_server: Callable[[], Server]) -> None:
    catalogue = catalogue_of(lambda modality, number: f"{number} {ATTACKS[number % len(ATTACKS)]} {modality}")
    queue = make_queue(stored(), catalogue, policy=QueuePolicy.FEW_FACTS, n_cards=30, is_blind=False)
    server = new_server().start()
    dialogs: list[str] = []
    requests: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))

    open_desk(page, server, queue, "Ana")
    for key in "+-0-+-0+":
        page.keyboard.press("n")
        page.keyboard.type(ATTACKS[1])
        page.keyboard.press("Escape")
        settle(page)
        press(page, key)
        assert_inert(page)
    for name in ("Share", "Apply to the"):
        for button in page.get_by_role("button", name=name).all():
            button.click()
            assert_inert(page)
            page.keyboard.press("Escape")
    page.get_by_role("button", name="All queues").click()
    for tab in ("My decisions", "Conflicts", "Reviewed graph", "Spreadsheet"):
        page.get_by_role("tab", name=tab).click()
        settle(page)
        assert_inert(page)

    go_to(page, "Edges")
    assert_inert(page)
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 20, "y": 55})
    expect(page.get_by_text("What other graphs say")).to_be_visible()
    settle(page)
    assert_inert(page)
    for tab, drawn in (("Heatmap", ".js-plotly-plot"), ("Network", "iframe"), ("Structure", ".js-plotly-plot")):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator(drawn).filter(visible=True).first).to_be_visible()
        settle(page)
        assert_inert(page)
    assert not dialogs
    assert not [url for url in requests if "evil" in url]


FOUND = """() => [
    ...document.querySelectorAll("img[src*=evil], a[href^=javascript], iframe[srcdoc], [onload], [onerror]"),
    ...[...document.scripts].filter(script => /^(window|parent).hacked/.test(script.textContent)),
].map(element => element.outerHTML)"""


def assert_inert(page: Page) -> None:
    """No text became an element, a link or a script."""
    for frame in page.frames:
        try:
            hacked, found = frame.evaluate("() => window.hacked ?? 0"), frame.evaluate(FOUND)
        except PlaywrightError:  # a picture that was drawn anew meanwhile
            assert frame.is_detached()
            continue
        assert not hacked and not found, found

"""Text of users on its way into Markdown and charts: nothing is run, linked, filled in or turned around."""

import html
import re

from hypothesis import given
from hypothesis import strategies as some

from app.components.plain_text import in_chart, named, plain, quoted, shortened

JOINER = "\u2060"


def test_marks_of_direction_cannot_end_the_isolation_of_a_name() -> None:
    assert named("a\u2069\u202eb") == "\u2068ab\u2069"


@given(some.text(max_size=80))
def test_a_name_is_one_isolated_line_that_holds_no_live_markdown(text: str) -> None:
    shown = named(text)
    assert (shown[0], shown[-1]) == ("\u2068", "\u2069")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\n\r]", shown[1:-1])
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]<>#$|~:]", shown[1:-1])


@given(some.text(alphabet="htps:/w.@ aé-+_", max_size=40))
def test_no_address_survives_and_nothing_else_changes(text: str) -> None:
    shown = plain(text).replace("\\", "")
    assert shown.replace(JOINER, "") == text
    assert not re.search(r"(?i)https?://|www\.|[-.\w+]@", shown)


@given(some.text(alphabet="<>&\"'%{y}a", max_size=30))
def test_a_chart_shows_the_text_itself_and_fills_nothing_in(text: str) -> None:
    shown = in_chart(text)
    assert not set("<>") & set(shown)
    assert "%{" not in shown
    assert "&quot;" not in shown.replace("&amp;", "")
    assert html.unescape(shown.replace(JOINER, "")) == text


def test_long_text_is_cut_and_says_so() -> None:
    assert shortened("x" * 100).endswith("…")
    assert len(shortened("x" * 100)) == 60
    assert len(quoted("y" * 10_000)) < 700

"""Fields of a configuration: each shows what was typed, and directly below it what is wrong with that."""

from typing import Any

import streamlit as st

from app.components.configuration.draft import Draft, keep_edits
from app.components.page_words import in_page_words
from app.components.plain_text import plain
from core.errors import Problem
from core.workflows.draft_edits import Path, field_of

_MOST_IN_BROWSER = 2**53 - 1  # beyond, a browser's numbers are not whole any more


def number_field(
    draft: Draft, path: Path, label: str, *, key: str = "", help_text: str | None = None, **look: Any
) -> None:
    """A number, with `whole=True` a whole one; its bounds are the configuration's business, which explains them."""
    shown = draft.shown(path)
    if isinstance(shown, str) or (isinstance(shown, int) and abs(shown) > _MOST_IN_BROWSER):
        whole_number_text(draft, path, label, key=key, help_text=help_text)
        return
    key = key or field_key(path)
    st.session_state[key] = shown
    is_whole = look.pop("whole", False)
    look = {"step": 1} | look if is_whole else {"step": 0.01, "format": "%.4f"} | look
    st.number_input(label, key=key, help=help_text, on_change=_keep, args=(draft.graph_id, path, key), **look)


def whole_number_text(draft: Draft, path: Path, label: str, *, key: str = "", help_text: str | None = None) -> None:
    """A whole number of any size, written as text."""
    key = f"{key or field_key(path)}/text"
    st.session_state[key] = str(draft.shown(path))
    st.text_input(label, key=key, help=help_text, on_change=_keep_whole, args=(draft.graph_id, path, key))


def text_field(draft: Draft, path: Path, label: str, *, key: str = "", **look: Any) -> None:
    """A text."""
    key = key or field_key(path)
    st.session_state[key] = draft.shown(path)
    st.text_input(label, key=key, on_change=_keep, args=(draft.graph_id, path, key), **look)


def messages(draft: Draft, *paths: Path) -> None:
    """What is wrong with the values at these paths; nothing when all is well."""
    for problem in draft.problems_at(*dict.fromkeys(field_of(path) for path in paths)):
        problem_line(problem)


def problem_line(problem: Problem, *, where: str = "") -> None:
    """One problem as a red line: right below its field, or elsewhere with the name of the field."""
    said = in_page_words(f"{problem.message} {problem.fix}")
    text = f"{f'{where}: ' if where else ''}{said}".strip()
    st.markdown(f":small[:red[:material/error: {plain(text)}]]")


def stays_open(section: str, *, is_wrong: bool) -> bool:
    """Whether a section that can be folded away starts open: from the first wrong value in it, for the session.

    It does not fold by itself when the value is corrected, under the hands of who corrects it.
    """
    key = f"open-{section}"
    if is_wrong:
        st.session_state[key] = True
    return bool(st.session_state.get(key, False))


def field_key(path: Path) -> str:
    """The key of the widget for a path."""
    return f"config/{'/'.join(map(str, path))}"


def _keep(graph_id: str, path: Path, key: str) -> None:
    keep_edits(graph_id, {path: st.session_state[key]})


def _keep_whole(graph_id: str, path: Path, key: str) -> None:
    text = st.session_state[key].strip()
    is_number = text.removeprefix("-").isdecimal() and len(text) <= 40
    keep_edits(graph_id, {path: int(text) if is_number else text})

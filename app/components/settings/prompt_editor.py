"""Editing prompts: a version to start from, the text of one prompt, what is wrong with it, and a new version of it."""

from typing import Final, NamedTuple

import streamlit as st

from app import queries
from app.components.configuration.fields import problem_line
from app.components.failure import show_failure
from app.components.llm.api_keys import key_leaks
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.components.settings.prompt_names import in_page_order, prompt_title, prompt_use
from app.services import current
from app.state import current_selection
from core.errors import Problem, ValenceError
from core.graph.prompts import PromptSet, check_template, placeholders_of
from core.store.artefacts import Artefact
from core.workflows.prompts import PROMPTS, save_prompts

SHIPPED: Final = ""
_NEXT: Final = "prompts-next-version"
_HEIGHT: Final = 480


class ChosenPrompt(NamedTuple):
    """A version's id, empty for the shipped one, and the name of one of its prompts."""

    version: str
    name: str


def choose_prompt() -> ChosenPrompt:
    """Ask for a version, the newest at first, and for one of its prompts."""
    versions = current().workspace.artefacts.list(PROMPTS)
    titles = {SHIPPED: "Shipped prompts", **{v.id: f"{v.manifest.title} · {v.id[:8]}" for v in versions}}
    key = f"prompts-version-{current_selection().workspace}"
    if wanted := st.session_state.pop(_NEXT, None):
        st.session_state[key] = wanted
    if st.session_state.get(key) not in titles:
        st.session_state[key] = versions[0].id if versions else SHIPPED
    left, right = st.columns(2)
    with left:
        version = st.selectbox(
            "Version",
            list(titles),
            format_func=titles.__getitem__,
            key=key,
            persist_state="session",
            help="Every edit is kept as a new version; a version never changes. The shipped prompts are the first one.",
        )
    with right:
        name = st.selectbox(
            "Prompt",
            in_page_order(list(queries.prompt_set(current_selection().workspace, version).templates)),
            format_func=prompt_title,
            key="prompts-name",
            persist_state="session",
        )
    st.caption(prompt_use(name))
    return ChosenPrompt(version, name)


def edit_prompt(version: str, name: str) -> PromptSet | None:
    """The text of a prompt in a field, with all that is wrong; returns the edited set, None while it is wrong."""
    base = queries.prompt_set(current_selection().workspace, version)
    key = _key(version, name)
    st.session_state.setdefault(key, base.template(name))
    text = st.text_area(
        "Text of the prompt",
        key=key,
        height=_HEIGHT,
        persist_state="session",
        help="Above the line --- stands what the model is told once, below it what it is asked. Names in braces are "
        "filled in for each call.",
    )
    problems = _template_problems(name, text)
    for problem in problems:
        problem_line(problem, where=f"Line {problem.row}" if problem.row else "")
    _explain_placeholders(name)
    return None if problems else base.edited(name, text)


def save_version(version: str) -> None:
    """Keep every edited prompt of a version as a new one, under a name; all of them must be usable."""
    base = queries.prompt_set(current_selection().workspace, version)
    edited = _edited_texts(version, base)
    wrong = sorted(name for name, text in edited.items() if _template_problems(name, text))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(
            "Name of the new version",
            key=f"prompts-title-{version}",
            max_chars=120,
            placeholder="Stricter about luxury brands",
            disabled=not edited,
        ).strip()
        is_leak = bool(key_leaks({"title": title}))
        is_saved = st.button(
            "Save as a new version",
            type="primary",
            icon=":material/save:",
            disabled=not edited or bool(wrong) or not title or is_leak,
        )
        if edited and st.button("Undo the edits", icon=":material/undo:"):
            for name in edited:
                st.session_state.pop(_key(version, name), None)
            st.rerun()
    st.caption(_save_hint(edited, wrong, title))
    if is_leak:
        problem_line(key_leaks({"title": title})[0])
    if is_saved:
        _save({**base.templates, **edited}, title, version)


def _save(templates: dict[str, str], title: str, version: str) -> None:
    held = current().workspace
    try:
        prompts = PromptSet(templates=templates)
        is_known = held.artefacts.exists(PROMPTS, prompts.id)
        saved = save_prompts(held, prompts, title, parent=version)
    except ValenceError as error:
        show_failure(error)
        return
    st.session_state[_NEXT] = saved.id
    give_notice(_saved_text(saved, is_known=is_known), icon=":material/save:")
    st.rerun()


def _saved_text(saved: Artefact, *, is_known: bool) -> str:
    name = f"{plain(saved.manifest.title)} ({saved.id[:8]})"
    return f"These very prompts are stored already, as {name}." if is_known else f"Saved as {name}."


def _edited_texts(version: str, base: PromptSet) -> dict[str, str]:
    """The texts typed in this session that differ from their version's."""
    typed = {name: st.session_state.get(_key(version, name)) for name in base.templates}
    return {name: text for name, text in typed.items() if isinstance(text, str) and text != base.template(name)}


def _save_hint(edited: dict[str, str], wrong: list[str], title: str) -> str:
    if not edited:
        return "Nothing is edited. Change a text above to make a new version of the prompts."
    names = ", ".join(plain(prompt_title(name)) for name in in_page_order(list(edited)))
    if wrong:
        return f"Edited: {names}. Correct first: {', '.join(plain(prompt_title(name)) for name in wrong)}."
    return f"Edited: {names}." if title else f"Edited: {names}. Give the new version a name to save it."


def _template_problems(name: str, text: str) -> tuple[Problem, ...]:
    return (*check_template(name, text), *key_leaks({name: text}))


def _explain_placeholders(name: str) -> None:
    with st.expander("What the names in braces stand for", icon=":material/data_object:"):
        st.table(
            [
                {"In the text": f"`{{{field}}}`", "Is replaced by": plain(text)}
                for field, text in placeholders_of(name).items()
            ],
            border="horizontal",
            hide_index=True,
        )
        st.caption("Each of them has to be there. Braces that are meant, as in an example of JSON, are written twice.")


def _key(version: str, name: str) -> str:
    return f"prompt-text-{current_selection().workspace}-{version or 'shipped'}-{name}"

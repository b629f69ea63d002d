"""The kept versions of the prompts, and how each differs from the shipped ones."""

import difflib
from typing import Final

import streamlit as st

from app import queries
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.plain_text import plain
from app.components.settings.prompt_names import in_page_order, prompt_title
from app.services import current
from app.state import current_selection
from core.graph.prompts import PromptSet, shipped_prompts
from core.store.artefacts import Artefact
from core.store.clock import utc_now
from core.workflows.prompts import PROMPTS, changed_prompts

_SHORT_DIFF: Final = 12  # lines; a longer one scrolls
_DIFF_HEIGHT: Final = 420


def prompt_versions() -> None:
    """A table of versions; the selected one is compared with the shipped prompts."""
    versions = current().workspace.artefacts.list(PROMPTS)
    if not versions:
        st.caption("No version of your own yet. Edit a prompt above and save it: it appears here.")
        return
    selection = st.dataframe(
        [_row(version, versions) for version in versions],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"prompts-versions-{current_selection().workspace}",
        column_config={"Edited prompts": st.column_config.ListColumn(help="Those that differ from the shipped ones.")},
        alt="Versions of the prompts",
    )
    rows = selection["selection"]["rows"]
    if rows and rows[0] < len(versions):
        _differences(versions[rows[0]])
    else:
        st.caption("Select a version to see how it differs from the shipped prompts.")


def _row(version: Artefact, versions: tuple[Artefact, ...]) -> dict[str, object]:
    parent = version.manifest.parents.get(PROMPTS, "")
    title = next((v.manifest.title for v in versions if v.id == parent), "")
    return {
        "Version": version.manifest.title,
        "Id": version.id[:8],
        "Edited prompts": [prompt_title(name) for name in in_page_order(list(version.manifest.facts["edited"]))],
        "Made from": title or (parent[:8] if parent else "Shipped prompts"),
        "Saved": when_text(version.manifest.created_at, parse_utc(utc_now()), reader_zone()),
    }


def _differences(version: Artefact) -> None:
    prompts, shipped = queries.prompt_set(current_selection().workspace, version.id), shipped_prompts()
    names = in_page_order(changed_prompts(prompts, shipped))
    if not names:
        st.info(f"{plain(version.manifest.title)} is the same as the shipped prompts.", icon=":material/check:")
        return
    name = st.selectbox("Compared with the shipped prompt", names, format_func=prompt_title, key=f"diff-{version.id}")
    diff = _diff(name, shipped, prompts)
    is_long = diff.count("\n") > _SHORT_DIFF
    st.code(diff, language="diff", wrap_lines=True, height=_DIFF_HEIGHT if is_long else "content")
    st.caption("A line with − was in the shipped prompt, a line with + is in this version.")


def _diff(name: str, old: PromptSet, new: PromptSet) -> str:
    before, after = (prompts.templates.get(name, "").splitlines() for prompts in (old, new))
    return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=2))[2:])  # the first two name files

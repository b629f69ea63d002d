"""Saying that reviews have made a newer version of a graph, wherever somebody is about to use the older one."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from app import queries
from app.components.configuration.draft import current_draft
from app.components.moments import reader_zone, when_text
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection, select
from core.store.artefacts import Artefact
from core.workflows.drafts import create_draft, newest_draft


def newer_version(graph: Artefact) -> None:
    """Announce the newest reviewed version of a graph, with a way to go on with it and the same settings."""
    newer_version_notice(graph, "Use the reviewed one", lambda newest: _go_on_with(graph, newest))


def newer_version_notice(graph: Artefact, action: str, take: Callable[[Artefact], None]) -> bool:
    """Announce the newest reviewed version of a graph and call `take` with it when asked to; False where there is none.

    `action`: what the button says.
    """
    newest = newest_version(graph)
    if newest is None:
        return False
    counts = newest.manifest.facts["reviews"]
    made = when_text(newest.manifest.created_at, datetime.now(UTC), reader_zone())
    with st.container(border=True):
        text, button = st.columns([4, 1], vertical_alignment="center")
    text.markdown(
        f":material/rate_review: **There is a newer version of this graph, reviewed by people**: "
        f"{plain(newest.manifest.title)} ({newest.id[:8]}), made {made}. "
        f"Pairs changed: {counts['n_changed']:,}, confirmed: {counts['n_confirmed']:,}."
    )
    if button.button(action, icon=":material/update:", key=f"use-newer-{graph.id}", width="stretch"):
        take(newest)
    return True


def newest_version(graph: Artefact) -> Artefact | None:
    """The reviewed version to use instead of a graph, where there is a newer one."""
    return next(iter(queries.newer_versions(current_selection().workspace, graph.id)), None)


def _go_on_with(graph: Artefact, newest: Artefact) -> None:
    """Choose the newer graph with a copy of what was tuned for the older one, unless it has settings of its own."""
    workspace = current().workspace
    draft = newest_draft(workspace, newest.id) or create_draft(workspace, newest.id, current_draft(graph.id).config)
    select(graph=newest.id, draft=draft)
    st.rerun()

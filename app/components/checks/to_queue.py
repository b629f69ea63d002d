"""Handing the pairs that a graph got wrong to reviewers: one click makes a review queue of them."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from app.components.failure import show_failure
from app.navigation import page_icon, page_link
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.checks.report import CheckReport, CheckResult
from core.graph.review.queue_settings import MOST_CARDS, ListedPair, QueuePolicy, QueueSettings
from core.store.artefacts import Artefact
from core.workflows.review_queues import create_queue

_TITLE_CHARACTERS: Final = 80


def wrong_to_queue(graph: Artefact, version: Artefact, report: CheckReport, key: str) -> None:
    """Offer the wrong answers as a queue, flips first; once made it is selected, and the Review page opens it."""
    wrong = (*report.flips, *report.missed)[:MOST_CARDS]
    if st.button(
        f"Have {'it' if len(wrong) == 1 else f'these {len(wrong):,}'} reviewed",
        icon=page_icon("review"),
        key=f"checks-queue-{key}",
        help="Makes a review queue of the wrong answers, flips first. Reviewers see neither the graph's sign nor the "
        "expected one before they have decided. Pairs that somebody has reviewed already are left out.",
    ):
        try:
            queue = create_queue(current().workspace, graph.id, _settings(version, report, wrong), _title(version))
        except ValenceError as error:
            show_failure(error)
            return
        select(queue=queue.id)
        st.session_state[f"checks-queue-made-{key}"] = queue.id
    queue_id = st.session_state.get(f"checks-queue-made-{key}")
    if queue_id and queue_id == current_selection().queue:
        page_link("review", f"Review queue {queue_id[:8]} is ready: open it")


def _settings(version: Artefact, report: CheckReport, wrong: Sequence[CheckResult]) -> QueueSettings:
    ends = [report.ends(result) for result in wrong]
    # The reason must not give the expected sign away.
    why = f"The graph's answer is not the one that the check set “{_short(version)}” ({version.id[:8]}) expects."
    return QueueSettings(
        policy=QueuePolicy.LISTED,
        n_cards=len(wrong),
        audit_share=0.0,
        pairs=tuple(ListedPair(source=source.id, target=target.id, why=why) for source, target in ends),
    )


def _title(version: Artefact) -> str:
    return f"Wrong in checks: {_short(version)}"


def _short(version: Artefact) -> str:
    title = version.manifest.title
    return title if len(title) <= _TITLE_CHARACTERS else f"{title[: _TITLE_CHARACTERS - 1]}…"

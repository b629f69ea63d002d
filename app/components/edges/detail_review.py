"""From the panel to the reviewers: a queue of exactly the pairs in sight."""

from collections.abc import Iterable, Sequence

import streamlit as st

from app.components.edges.detail_known import KnownPair
from app.components.failure import show_failure
from app.components.open_with import open_with
from app.components.plain_text import shortened
from app.navigation import page_icon
from app.services import current
from core.errors import ValenceError
from core.graph.review.queue_settings import MOST_CARDS, ListedPair, QueuePolicy, QueueSettings
from core.workflows.review_queues import create_queue


def review_pair_button(pair: KnownPair) -> None:
    """Open the card of this pair on the Review page; what the judge said has been seen here, so it is not blind."""
    listed = ListedPair(source=pair.source.id, target=pair.target.id, why="Opened from the edges.")
    if st.button("Review this pair", icon=page_icon("review"), key="edge-panel-review"):
        _open_queue(pair, [listed], f"{shortened(pair.source.value)} × {shortened(pair.target.value)}", is_blind=False)


def review_rows_button(pair: KnownPair, rows: Iterable[int], why: str, title: str) -> None:
    """Open a queue of the pairs in some rows of the table, in their order."""
    places = list(rows)[:MOST_CARDS]
    if st.button(
        f"Review these {len(places):,} pairs" if len(places) > 1 else "Review this one",
        icon=page_icon("review"),
        key="edge-panel-review-rows",
        help="Makes a review queue of them, in this order, with the judge's sign hidden.",
    ):
        ends = [pair.table.pair(row)[:2] for row in places]
        listed = [ListedPair(source=source.id, target=target.id, why=why) for source, target in ends]
        _open_queue(pair, listed, title, is_blind=True)


def _open_queue(pair: KnownPair, listed: Sequence[ListedPair], title: str, *, is_blind: bool) -> None:
    settings = QueueSettings(
        policy=QueuePolicy.LISTED,
        n_cards=len(listed),
        audit_share=0.0,
        double_share=0.0,
        skip_reviewed=False,
        is_blind=is_blind,
        pairs=tuple(listed),
    )
    try:
        queue = create_queue(current().workspace, pair.graph_id, settings, title)
    except ValenceError as error:
        show_failure(error)
        return
    open_with("review", graph=pair.graph_id, queue=queue.id)

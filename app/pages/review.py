"""Review: one pair at a time, decided by people who know."""

from collections.abc import Callable

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.review.agreement import agreement_view
from app.components.review.conflicts import conflicts_notice, conflicts_view
from app.components.review.desk import review_desk
from app.components.review.history import history_view
from app.components.review.new_queue import new_queue
from app.components.review.queue_head import invitation, leave_queue, queue_head
from app.components.review.queue_list import queue_list
from app.components.review.reviewed_graph import reviewed_graph
from app.components.review.reviewer import reviewer_field, reviewer_now
from app.components.review.spreadsheet import spreadsheet_view
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.graphs import GRAPH
from core.workflows.review_queues import QUEUE


def _overview() -> None:
    st.title("Review")
    st.markdown("One pair at a time, decided by people who know. A review never overwrites what the judge said.")
    head = st.container(horizontal=True, vertical_alignment="bottom")
    with head:
        graph = artefact_picker(GRAPH, "Graph")
    if graph is None:
        empty_state("No graph yet", "Reviews are about the pairs of a graph.", "graph", "Build a graph")
        return
    catalogue_id = graph.manifest.parents["catalogue"]
    with head:
        reviewer = reviewer_field(catalogue_id)
    try:
        _views(graph, catalogue_id, reviewer)
    except ValenceError as error:
        show_failure(error)


def _views(graph: Artefact, catalogue_id: str, reviewer: str) -> None:
    workspace = current_selection().workspace
    catalogue = queries.catalogue(workspace, catalogue_id)
    views: dict[str, Callable[[], None]] = {
        ":material/style: Queues": lambda: _queues(graph, catalogue_id, reviewer),
        ":material/call_split: Conflicts": lambda: conflicts_view(graph.id, catalogue, reviewer),
        ":material/history: My decisions": lambda: history_view(catalogue, reviewer),
        ":material/balance: Agreement": lambda: agreement_view(graph),
        ":material/verified: Reviewed graph": lambda: reviewed_graph(graph),
        ":material/table: Spreadsheet": lambda: spreadsheet_view(graph, reviewer),
    }
    for tab, view in zip(st.tabs(list(views), key="review-views", on_change="rerun"), views.values(), strict=True):
        with tab:
            if tab.open:
                view()


def _queues(graph: Artefact, catalogue_id: str, reviewer: str) -> None:
    workspace = current_selection().workspace
    conflicts_notice(graph.id)
    queue_list(catalogue_id, reviewer)
    new_queue(graph, queries.catalogue(workspace, catalogue_id))


def _in_queue(artefact: Artefact) -> None:
    workspace = current_selection().workspace
    queue = queries.review_queue(workspace, artefact.id)
    reviewer = reviewer_now(queue.catalogue)
    queue_head(artefact, reviewer)
    if not reviewer:
        invitation(queue)
        return
    review_desk(queue, queries.catalogue(workspace, queue.catalogue), reviewer)


wanted = current_selection().queue
queue = next((found for found in current().workspace.artefacts.list(QUEUE) if found.id == wanted), None)
if wanted and queue is None:
    st.warning("The queue this link points to is not in this workspace.", icon=":material/link_off:")
    leave_queue()
try:
    if queue is None:
        _overview()
    else:
        _in_queue(queue)
except ValenceError as error:
    show_failure(error)

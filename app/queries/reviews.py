"""Cached reads of reviews, queues and check sets."""

import streamlit as st

from app.queries.graphs import stored_graph
from app.review_standing import ReviewStanding, review_standing
from app.services import workbench
from core.graph.checks.written import WrittenSet
from core.graph.review.queue_file import Queue
from core.workflows.checks import load_checks
from core.workflows.review_agreement import GraphAgreement, measure_agreement
from core.workflows.review_queues import open_queue, queues_of
from core.workflows.reviews import resolution_of


def reviews_stand(workspace: str, graph_id: str) -> ReviewStanding:
    """What the reviews of today make of a graph; remembered until somebody reviews again."""
    catalogue_id = stored_graph(workspace, graph_id).graph.catalogue.id
    return _reviews_stand(workspace, graph_id, workbench().open(workspace).workspace.reviews.version(catalogue_id))


@st.cache_data(show_spinner="Counting reviews", max_entries=16)
def _reviews_stand(workspace: str, graph_id: str, version: int) -> ReviewStanding:  # noqa: ARG001 - part of the key
    return review_standing(resolution_of(workbench().open(workspace).workspace, stored_graph(workspace, graph_id)))


def review_agreement(workspace: str, graph_id: str) -> GraphAgreement:
    """How far reviewers and a graph's judge agree; remembered until somebody reviews again or makes another queue."""
    held, catalogue_id = workbench().open(workspace).workspace, stored_graph(workspace, graph_id).graph.catalogue.id
    queues = tuple(queue.id for queue in queues_of(held, catalogue_id))
    return _review_agreement(workspace, graph_id, held.reviews.version(catalogue_id), queues)


@st.cache_data(show_spinner="Measuring agreement", max_entries=16)
def _review_agreement(
    workspace: str,
    graph_id: str,
    version: int,  # noqa: ARG001 - part of the key, like the queues
    queues: tuple[str, ...],  # noqa: ARG001
) -> GraphAgreement:
    return measure_agreement(workbench().open(workspace).workspace, stored_graph(workspace, graph_id))


@st.cache_data(show_spinner=False, max_entries=32)
def check_set(workspace: str, checks_id: str) -> WrittenSet:
    """The pairs of a stored check set."""
    return load_checks(workbench().open(workspace).workspace, checks_id)


@st.cache_data(show_spinner=False, max_entries=64)
def review_queue(workspace: str, queue_id: str) -> Queue:
    """A stored review queue; `NotFound` where there is none."""
    return open_queue(workbench().open(workspace).workspace, queue_id)

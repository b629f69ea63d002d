"""From reviews to a graph: what they change, and the new version in which they decide."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import plain
from app.navigation import page_link
from app.review_standing import ReviewStanding
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.review.resolution import RULE
from core.store.artefacts import Artefact
from core.workflows.reviewed_graphs import apply_reviews, newer_versions

_MADE = "review-graph-made"


def reviewed_graph(graph: Artefact) -> None:
    """Show what the reviews make of a graph and offer to store it as a new version."""
    standing = queries.reviews_stand(current_selection().workspace, graph.id)
    _figures(standing)
    with st.popover("How a pair gets its sign", icon=":material/balance:", type="tertiary"):
        st.markdown(RULE)
    if st.session_state.pop(_MADE, "") == graph.id:
        st.success("The reviewed graph is stored and selected. The graph it was made from stays as it was.")
        with st.container(horizontal=True):
            page_link("edges", "Look at its edges")
            page_link("compare", "Compare it with the graph before")
    for newer in newer_versions(current().workspace, graph.id)[:1]:
        st.info(
            f"There is a newer version of this graph: **{plain(newer.manifest.title)}** · {newer.id[:8]}",
            icon=":material/update:",
        )
    if standing.n_confirmed + standing.n_changed:
        _form(graph)


def _figures(standing: ReviewStanding) -> None:
    columns = st.columns(4)
    columns[0].metric(
        "Changed", f"{standing.n_changed:,}", help="Pairs that reviewers answer otherwise than the graph.", border=True
    )
    columns[1].metric(
        "Confirmed", f"{standing.n_confirmed:,}", help="Pairs on which reviewers agree with the graph.", border=True
    )
    columns[2].metric(
        "Conflicts",
        f"{len(standing.conflicts):,}",
        help="Pairs on which reviewers are split. The graph's own answer stands until they are settled.",
        border=True,
    )
    columns[3].metric("Reviewers", f"{standing.n_reviewers:,}", help="People whose review counts.", border=True)
    if standing.changes:
        changes = sorted(standing.changes.items(), key=lambda change: -change[1])
        words = [f"{n:,} from {OUTCOME_SIGNS[a]} to {OUTCOME_SIGNS[b]}" for (a, b), n in changes]
        st.caption(f"Changes: {', '.join(words)}.")
    elif not standing.n_confirmed:
        st.caption("No pair has been reviewed yet.")


def _form(graph: Artefact) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(
            "Title of the reviewed graph",
            max_chars=200,
            placeholder="Filled in if left empty",
            key=f"review-graph-title-{graph.id}",
        )
        wanted = st.button(
            "Make the reviewed graph", key="review-make-graph", type="primary", icon=":material/verified:"
        )
    if wanted:
        try:
            with st.spinner("Applying the reviews…"):
                made = apply_reviews(current().workspace, graph.id, title)
        except ValenceError as error:
            show_failure(error)
            return
        st.session_state[_MADE] = made.id
        select(graph=made.id)
        st.rerun()

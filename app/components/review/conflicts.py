"""Conflicts: pairs on which the reviewers are split, with who said what, to be settled by one more decision."""

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.notice import give_notice
from app.components.pair_text import outcome_badge
from app.components.plain_text import named, pair_words, quoted
from app.components.review.words import decision_badge
from app.services import current
from app.state import current_selection
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.model import Outcome
from core.graph.review.conflicts import Conflict
from core.graph.review.resolution import RULE
from core.store.review_log import Decision, NewReview, ReviewKind
from core.workflows.reviews import record_review

_PER_PAGE = 8
_CHOICES = {
    Decision.POSITIVE: ":blue[**+** Works together]",
    Decision.NEGATIVE: ":orange[**−** Conflicts]",
    Decision.NEUTRAL: "**0** No signal",
}
_FAILURE = "review-settle-failure"


def conflicts_view(graph_id: str, catalogue: Catalogue, reviewer: str) -> None:
    """List the conflicts of a graph's reviews and let somebody settle them."""
    found = queries.reviews_stand(current_selection().workspace, graph_id).conflicts
    if failure := st.session_state.pop(_FAILURE, None):
        show_failure(failure)
    if not found:
        st.info("No conflicts. Where reviewers are split over a pair, it appears here.", icon=":material/handshake:")
        _rule()
        return
    st.markdown(f"On **{len(found):,}** pair{'s' if len(found) != 1 else ''} the reviewers are split.")
    _rule()
    if not reviewer:
        st.info("Write your name above to settle a conflict.", icon=":material/person:")
    n_pages = -(-len(found) // _PER_PAGE)
    page = st.pagination(n_pages, key=f"review-conflict-pages-{n_pages}") if n_pages > 1 else 1
    for conflict in found[(page - 1) * _PER_PAGE : page * _PER_PAGE]:
        _conflict(graph_id, catalogue, conflict, reviewer)


def conflicts_notice(graph_id: str) -> None:
    """Say how many conflicts wait to be settled; nothing where there are none."""
    count = len(queries.reviews_stand(current_selection().workspace, graph_id).conflicts)
    if count:
        waits = "conflict waits" if count == 1 else "conflicts wait"
        st.warning(f"{count:,} {waits} to be settled: see the tab Conflicts.", icon=":material/call_split:")


def _rule() -> None:
    with st.popover("How a pair gets its sign", icon=":material/balance:", type="tertiary"):
        st.markdown(RULE)


def _conflict(graph_id: str, catalogue: Catalogue, conflict: Conflict, reviewer: str) -> None:
    source, target = catalogue[conflict.source], catalogue[conflict.target]
    key = f"{conflict.source}-{conflict.target}"
    with st.container(border=True, gap="small"):
        st.markdown(f"{pair_words(source.value, target.value)} :small[:gray[{_first(conflict.judged)}]]")
        st.markdown("  \n".join(_vote(vote.decision, vote.reviewer, vote.note) for vote in conflict.votes))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            for decision, label in _CHOICES.items():
                st.button(
                    label,
                    key=f"review-settle-{decision.name.lower()}-{key}",
                    disabled=not reviewer,
                    on_click=_settle,
                    args=(graph_id, catalogue.id, conflict, reviewer, decision),
                )
            st.text_input(
                "Why",
                key=_note_key(conflict),
                max_chars=2_000,
                placeholder="Why it is settled so (optional)",
                label_visibility="collapsed",
            )


def _first(outcome: Outcome) -> str:
    return f"the graph says {outcome_badge(outcome)} until it is settled"


def _vote(decision: Decision, reviewer: str, note: str) -> str:
    said = f"{decision_badge(decision)} {named(reviewer)}"
    return f"{said}: “{quoted(note)}”" if note else said


def _note_key(conflict: Conflict) -> str:
    return f"review-settle-note-{conflict.source}-{conflict.target}"


def _settle(graph_id: str, catalogue_id: str, conflict: Conflict, reviewer: str, decision: Decision) -> None:
    note = (st.session_state.get(_note_key(conflict)) or "").strip()
    try:
        record_review(
            current().workspace,
            NewReview(
                catalogue=catalogue_id,
                source=conflict.source,
                target=conflict.target,
                graph=graph_id,
                reviewer=reviewer,
                decision=decision,
                kind=ReviewKind.ADJUDICATED,
                note=note,
            ),
        )
    except ValenceError as error:
        st.session_state[_FAILURE] = error
        return
    give_notice("Saved: settled.", icon=":material/check_circle:")

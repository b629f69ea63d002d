"""After a decision: the pairs like it that nobody has decided, to decide alike in one step, taken back in one step."""

from collections.abc import Sequence

import streamlit as st

from app.components.plain_text import pair_words, quoted
from app.components.review.desk_state import change_desk, desk_state
from app.components.review.words import decision_badge, decision_sign
from app.services import current
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.review.lookalikes import AlikePairs, LookAlike, look_alikes
from core.graph.review.queue_file import Queue
from core.store.review_log import PairEnds, Review
from core.workflows.groupings import newest_clusters
from core.workflows.review_queues import decided_pairs
from core.workflows.reviews import apply_derived, derived_reviews, revert_derived, reviews_of


def lookalike_offer(queue: Queue, catalogue: Catalogue, review: Review) -> None:
    """Offer to repeat a standing decision on its look-alikes, or to take that back; nothing where there are none.

    Of a decision that was itself taken back, only what still repeats it is offered to be taken back.
    """
    repeated = derived_reviews(current().workspace, review.id)
    if repeated:
        applied = "Also applied" if review.stands else "It still counts, as applied,"
        st.markdown(f":small[{applied} to {_edges(len(repeated))} like it]")
        st.button(
            f"Take {'those' if len(repeated) > 1 else 'that'} back",
            key=f"review-revert-{review.id}",
            icon=":material/undo:",
            type="tertiary",
            on_click=_revert,
            args=(queue.id, review),
            help="The decision itself stays." if review.stands else "They count until you take them back.",
        )
        return
    if not review.stands:
        return
    found = _found(queue, review)
    if found:
        with st.popover(
            f"Apply to the {_edges(len(found))} like this", icon=":material/content_copy:", width="stretch"
        ):
            _offer(queue, catalogue, review, found)


def _found(queue: Queue, review: Review) -> tuple[LookAlike, ...]:
    """Pairs that nobody has decided; audit cards are left out, since everybody must look at those for themselves."""
    decided = decided_pairs(reviews_of(current().workspace, queue.catalogue)) | queue.audit_pairs
    return look_alikes(_prepared(queue), review.source, review.target, decided)


def prepare_offers(queue: Queue) -> None:
    """Make ready what finds look-alikes: seconds the first time, nothing afterwards."""
    _prepared(queue)


def _prepared(queue: Queue) -> AlikePairs:
    held = current()
    clusters = newest_clusters(held.workspace, queue.catalogue)
    return held.alike(queue.graph, clusters.id if clusters else "")


def _offer(queue: Queue, catalogue: Catalogue, review: Review, found: Sequence[LookAlike]) -> None:
    st.markdown(
        f"The judge said the same of these as of your pair, and nobody has decided them yet. "
        f"Apply {decision_badge(review.decision)} to all of them?"
    )
    with st.container(height=min(360, 30 + 46 * len(found)), border=False):
        st.markdown("  \n".join(_line(catalogue, one) for one in found))
    st.button(
        f"Apply {decision_sign(review.decision)} to {_edges(len(found))}",
        key=f"review-apply-{review.id}",
        type="primary",
        icon=":material/done_all:",
        on_click=_apply,
        args=(queue.id, review, [PairEnds(one.source, one.target) for one in found]),
        help="Recorded as derived from your decision: it counts less than what anybody decides on the pair itself.",
    )


def _line(catalogue: Catalogue, one: LookAlike) -> str:
    pair = pair_words(catalogue[one.source].value, catalogue[one.target].value)
    return f"{pair}  \n:small[:gray[{quoted(one.why)}]]"


def _apply(queue_id: str, review: Review, pairs: Sequence[PairEnds]) -> None:
    try:
        apply_derived(current().workspace, review.id, pairs, review.reviewer)
    except ValenceError as error:
        change_desk(desk_state(queue_id, review.reviewer), failure=str(error))


def _revert(queue_id: str, review: Review) -> None:
    try:
        revert_derived(current().workspace, review.id, review.reviewer)
    except ValenceError as error:
        change_desk(desk_state(queue_id, review.reviewer), failure=str(error))


def _edges(count: int) -> str:
    return f"{count:,} edge{'s' if count != 1 else ''}"

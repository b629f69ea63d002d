"""What one reviewer has decided, newest first, and how to take decisions back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.failure import show_failure
from app.components.moments import reader_zone, when_text
from app.components.notice import give_notice
from app.components.plain_text import shortened
from app.components.review.words import SIGN_COLOURS, decision_sign
from app.services import current
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.store.review_log import Decision, Review, ReviewKind
from core.workflows.reviews import reviews_of

_PER_PAGE: Final = 50
_HEIGHT: Final = 420
_GENERATION: Final = "review-history-generation"  # counting up gives the table a new key: nothing is selected
_KINDS: Final = {
    ReviewKind.DECIDED: "On its card",
    ReviewKind.DERIVED: "As a look-alike",
    ReviewKind.ADJUDICATED: "Settled a conflict",
    ReviewKind.IMPORTED: "From a file",
}


def history_view(catalogue: Catalogue, reviewer: str) -> None:
    """List a reviewer's decisions on the pairs of a catalogue; those selected can be taken back in one step."""
    if not reviewer:
        st.info("Write your name above to see what you have decided.", icon=":material/person:")
        return
    mine = [r for r in reversed(reviews_of(current().workspace, catalogue.id)) if r.reviewer == reviewer]
    n_taken_back = sum(not review.stands for review in mine)
    if n_taken_back and not st.toggle(f"Show the {n_taken_back:,} taken back", key="review-history-all"):
        mine = [review for review in mine if review.stands]
    if not mine:
        st.info("Nothing yet. Every decision of yours appears here.", icon=":material/history:")
        return
    _table(catalogue, mine, reviewer)


def _repeating(chosen: Sequence[Review], reviews: Sequence[Review]) -> list[str]:
    """The standing reviews that repeat one of those chosen on look-alikes, without those chosen themselves."""
    ids = {review.id for review in chosen}
    return [r.id for r in reviews if r.stands and r.derived_from in ids and r.id not in ids]


def _table(catalogue: Catalogue, reviews: Sequence[Review], reviewer: str) -> None:
    generation = st.session_state.get(_GENERATION, 0)
    n_pages = -(-len(reviews) // _PER_PAGE)
    pages_key = f"review-history-pages-{reviewer}-{n_pages}"
    page = int(st.session_state.get(pages_key) or 1)
    shown = reviews[(page - 1) * _PER_PAGE : page * _PER_PAGE]
    selection = st.dataframe(
        _frame(catalogue, shown),
        key=f"review-history-{reviewer}-{page}-{generation}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        height=min(_HEIGHT, 38 + 35 * len(shown)),
        column_config=_columns(),
        placeholder="–",
        alt=f"Page {page} of {n_pages} of the decisions of {reviewer}",
    )
    chosen = [shown[row] for row in selection["selection"]["rows"] if row < len(shown)]
    standing = [review.id for review in chosen if review.stands]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Take back {len(standing):,} decision{'s' if len(standing) != 1 else ''}" if standing else "Take back",
            key="review-take-back",
            icon=":material/undo:",
            disabled=not standing,
            on_click=_take_back,
            args=(standing, reviewer),
            help="Select one or more rows first. A decision that is taken back stays on record, but counts no more.",
        )
        if repeating := _repeating(chosen, reviews):
            st.button(
                f"Take back {'with ' if standing else ''}the {len(repeating):,} applied to look-alikes",
                key="review-take-back-all",
                icon=":material/undo:",
                on_click=_take_back,
                args=([*standing, *repeating], reviewer),
            )
        st.caption(f"{len(reviews):,} decisions, newest first.", width="content")
        if n_pages > 1:
            st.pagination(n_pages, key=pages_key)


def _frame(catalogue: Catalogue, reviews: Sequence[Review]) -> pd.DataFrame:
    now, zone = datetime.now(UTC), reader_zone()
    return pd.DataFrame(
        {
            "Decision": [[decision_sign(review.decision)] for review in reviews],
            "First attribute": [shortened(catalogue[review.source].value) for review in reviews],
            "Second attribute": [shortened(catalogue[review.target].value) for review in reviews],
            "Note": [shortened(review.note, 300) or None for review in reviews],
            "When": [when_text(review.made_at, now, zone) for review in reviews],
            "Made": [_KINDS[review.kind] for review in reviews],
            "Blind": [review.is_blind for review in reviews],
            "Counts": ["yes" if review.stands else "taken back" for review in reviews],
        }
    )


def _columns() -> dict[str, Any]:
    return {
        "Decision": st.column_config.MultiselectColumn(
            width=90,
            options=[decision_sign(decision) for decision in Decision],
            color=[SIGN_COLOURS[decision] for decision in Decision],
            help="+ works together, − conflicts, 0 no signal.",
        ),
        "First attribute": st.column_config.TextColumn(width=150),
        "Second attribute": st.column_config.TextColumn(width=150),
        "Note": st.column_config.TextColumn(width=180),
        "Made": st.column_config.TextColumn(width=110),
        "Blind": st.column_config.CheckboxColumn(width=60, help="What the judge said was hidden."),
        "When": st.column_config.TextColumn(width=150),
        "Counts": st.column_config.TextColumn(width=80),
    }


def _take_back(ids: Sequence[str], reviewer: str) -> None:
    try:
        count = current().workspace.reviews.withdraw(ids, reviewer)
    except ValenceError as error:
        show_failure(error)
        return
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1
    give_notice(f"Taken back: {count:,} decision{'s' if count != 1 else ''}.", icon=":material/undo:")

"""Every review of a pair, standing and withdrawn, which of them counts, and the one rule that says so."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.edges.detail_known import KnownPair
from app.components.edges.detail_review import review_pair_button
from app.components.moments import parse_utc, reader_zone
from app.components.pair_text import outcome_badge
from app.components.review.words import SIGN_COLOURS, decision_sign
from core.graph.model import Outcome
from core.graph.review.resolution import Resolved
from core.graph.review.states import RULE
from core.store.review_log import Decision, Review, ReviewKind

_HEIGHT: Final = 320
_KINDS: Final = {
    ReviewKind.DECIDED: "on its card",
    ReviewKind.DERIVED: "as a look-alike",
    ReviewKind.ADJUDICATED: "settled a conflict",
    ReviewKind.IMPORTED: "from a file",
}


def review_words(pair: KnownPair) -> str:
    """`none`, `Ana and 2 more say −`, `in conflict`: what the reviews of a pair come to, as plain text."""
    resolved = pair.resolved
    if resolved is None:
        return "none"
    if resolved.is_conflict:
        return "in conflict"
    n_people = len({review.reviewer for review in resolved.deciding})
    sign = {Outcome.POSITIVE: "+", Outcome.NEGATIVE: "−", Outcome.NEUTRAL: "0"}[Outcome(resolved.outcome)]
    if resolved.adjudication is not None:
        return f"settled: {sign}"
    return f"{n_people} of {len(resolved.votes)} say {sign}"


def reviews_view(pair: KnownPair) -> None:
    """Show what the reviews come to, each of them, and the rule."""
    if not pair.reviews:
        st.markdown("Nobody has reviewed this pair yet.")
        review_pair_button(pair)
        return
    st.markdown(f"What counts today: {outcome_badge(pair.now, in_full=True)}")
    st.dataframe(
        _frame(pair),
        hide_index=True,
        height=min(_HEIGHT, 38 + 35 * len(pair.reviews)),
        column_config=_columns(),
        placeholder="–",
        alt="Reviews of this pair, the newest first",
    )
    st.caption(f"The rule: {RULE}")
    review_pair_button(pair)


def _frame(pair: KnownPair) -> pd.DataFrame:
    reviews = pair.reviews[::-1]
    return pd.DataFrame(
        {
            "Decision": [[decision_sign(review.decision)] for review in reviews],
            "Reviewer": [review.reviewer for review in reviews],
            "Counts": [_standing(review, pair.resolved) for review in reviews],
            "Note": [review.note or None for review in reviews],
            "How": [_KINDS[review.kind] + (", blind" if review.is_blind else "") for review in reviews],
            "When": pd.to_datetime([parse_utc(review.made_at) for review in reviews], utc=True),
        }
    )


def _standing(review: Review, resolved: Resolved | None) -> str:
    """What has become of a review under the rule."""
    if not review.stands:
        return "withdrawn" if review.withdrawn_by == review.reviewer else f"withdrawn by {review.withdrawn_by}"
    if review.decision is Decision.SKIP:
        return "skipped"
    counting = (
        () if resolved is None else (*resolved.votes, *([resolved.adjudication] if resolved.adjudication else []))
    )
    if review.id not in {one.id for one in counting}:
        return "replaced by another of theirs"
    if resolved is not None and resolved.is_conflict:
        return "a vote, in conflict"
    is_deciding = resolved is not None and review.id in {one.id for one in resolved.deciding}
    return "decides" if is_deciding else "a vote, outvoted"


def _columns() -> dict[str, Any]:
    return {
        "Decision": st.column_config.MultiselectColumn(
            width=80,
            options=[decision_sign(decision) for decision in Decision],
            color=[SIGN_COLOURS[decision] for decision in Decision],
        ),
        "Reviewer": st.column_config.TextColumn(width=130),
        "Counts": st.column_config.TextColumn(width=170, help="What the rule below makes of this review."),
        "Note": st.column_config.TextColumn(width=260),
        "How": st.column_config.TextColumn(width=150, help="Blind: the judge's sign was hidden."),
        "When": st.column_config.DatetimeColumn(width=150, format="D MMM YYYY, HH:mm", timezone=str(reader_zone())),
    }

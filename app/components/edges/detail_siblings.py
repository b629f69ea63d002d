"""Similar pairs: those between the same two groups of attributes, and how far they agree with this one."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.components.edges.detail_known import KnownPair
from app.components.edges.detail_review import review_rows_button
from app.components.edges.table import pair_columns, pair_frame
from app.components.pair_text import outcome_badge
from app.components.plain_text import named, shortened
from core.graph.grouping import Grouping, GroupOrigin
from core.graph.model import Outcome
from core.graph.siblings import Siblings

_LISTED: Final = 100
_HEIGHT: Final = 320
_ORIGINS: Final = {
    GroupOrigin.CLUSTERS: "the prepared clusters",
    GroupOrigin.FACTS: "facts the attributes share",
    GroupOrigin.EDGES: "what the attributes work and conflict with",
}
_KINDS: Final = ("All", "Same", "Opposite sign", "No signal")


def sibling_words(found: Siblings) -> str:
    """`14 of 17 agree`, or by sign where nothing is known of the pair itself."""
    if not len(found.row):
        return "none judged"
    if found.own in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL):
        n_judged = found.count(Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
        return f"{found.n_same:,} of {n_judged:,} agree"
    return f"{found.count(Outcome.POSITIVE):,} + · {found.count(Outcome.NEGATIVE):,} −"


def siblings_view(pair: KnownPair, grouping: Grouping, found: Siblings) -> None:
    """Count and list the pairs between the same two groups."""
    source, target = (named(grouping.names[group]) for group in (found.source_group, found.target_group))
    st.caption(
        f"Pairs between the groups **{source}** and **{target}**, made from {_ORIGINS[grouping.origin]}. Pairs that "
        "share an attribute with this one come first."
    )
    signs = (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
    counts = " ".join(f"{outcome_badge(sign)} **{found.count(sign):,}** &nbsp;" for sign in signs)
    st.markdown(f"{counts} not judged **{found.n_unknown:,}**")
    if not len(found.row):
        return
    chosen = st.segmented_control(
        "Show", _KINDS, default=_KINDS[0], required=True, key="edge-panel-sibling-kind", label_visibility="collapsed"
    )
    rows = found.row[_of_kind(found, chosen)]
    if not len(rows):
        st.caption("There is none of this kind.")
        return
    st.dataframe(
        pair_frame(pair.table, rows[:_LISTED], pair.judge),
        hide_index=True,
        height=min(_HEIGHT, 38 + 35 * min(len(rows), _LISTED)),
        column_order=("Sign", "First attribute", "Second attribute", "Strength", "Reason"),
        column_config=pair_columns(),
        placeholder="–",
        alt="Similar pairs",
    )
    if len(rows) > _LISTED:
        st.caption(f"The first {_LISTED:,} of {len(rows):,} pairs.")
    names = " × ".join(shortened(grouping.names[group]) for group in (found.source_group, found.target_group))
    why = f"Similar to {shortened(pair.source.value)} × {shortened(pair.target.value)}."
    review_rows_button(pair, rows.tolist(), why, f"Similar pairs: {names}")


def _of_kind(found: Siblings, kind: str) -> NDArray[np.bool_]:
    masks: Mapping[str, NDArray[np.bool_]] = {
        "All": np.ones(len(found.row), dtype=np.bool_),
        "Same": found.is_same,
        "Opposite sign": found.is_opposite,
        "No signal": np.equal(found.outcome, Outcome.NEUTRAL),
    }
    return masks[kind]

"""Triangles: third attributes that have a sign with both ends of a pair, and whether the three signs fit together."""

from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from app.components.edges.detail_known import KnownPair
from app.components.edges.table import pair_columns
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import shortened
from core.graph.model import Outcome
from core.graph.pair_table import SIGNED
from core.graph.triangles import Triangles

_LISTED: Final = 100
_HEIGHT: Final = 320
_FIT: Final = (
    "Two attributes that both work with a third one usually work with each other; if one of them conflicts with the "
    "third, they usually conflict. A single triangle that does not fit proves nothing, many are a hint."
)


def triangle_words(found: Triangles) -> str:
    """`31 of 40 fit`, or what they ask for where the pair has no sign."""
    if not len(found):
        return "none"
    if found.own in SIGNED:
        return f"{int(found.is_balanced.sum()):,} of {len(found):,} fit"
    return f"{int((found.asks_for > 0).sum()):,} ask for + · {int((found.asks_for < 0).sum()):,} for −"


def triangles_view(pair: KnownPair, found: Triangles) -> None:
    """List the third attributes: those that speak against the sign first, the clearest of them before the others."""
    if not len(found):
        st.caption("No third attribute has a sign with both ends. Only one of a third kind can.")
        return
    st.caption(_FIT)
    order = np.argsort(found.is_balanced, kind="stable")  # none is, for a pair without a sign
    st.dataframe(
        _frame(pair, found, order[:_LISTED]),
        hide_index=True,
        height=min(_HEIGHT, 38 + 35 * min(len(found), _LISTED)),
        column_config=_columns(pair),
        placeholder="–",
        alt="Triangles through this pair",
    )
    if len(found) > _LISTED:
        st.caption(f"The first {_LISTED:,} of {len(found):,} triangles.")


def _frame(pair: KnownPair, found: Triangles, order: NDArray[np.int64]) -> pd.DataFrame:
    thirds = [pair.table.catalogue.attributes[position] for position in found.third[order].tolist()]
    strengths = [None if np.isnan(strength) else strength for strength in found.strength[order].tolist()]
    return pd.DataFrame(
        {
            "Triangle": _fits(found, order),
            "Third attribute": [third.value for third in thirds],
            "with the first": _signs(found.source_sign[order]),
            "with the second": _signs(found.target_sign[order]),
            "Strength": pd.array(strengths, dtype="Float32"),
            "Reason, first": _reasons(pair, found.source_row[order]),
            "Reason, second": _reasons(pair, found.target_row[order]),
        }
    )


def _fits(found: Triangles, order: NDArray[np.int64]) -> list[str]:
    if found.own in SIGNED:
        return ["fits" if fits else "does not fit" for fits in found.is_balanced[order].tolist()]
    return ["asks for +" if sign > 0 else "asks for −" for sign in found.asks_for[order].tolist()]


def _signs(signs: NDArray[np.int8]) -> list[list[str]]:
    return [[OUTCOME_SIGNS[Outcome(sign)]] for sign in signs.tolist()]


def _reasons(pair: KnownPair, rows: NDArray[np.int64]) -> list[str | None]:
    reasons = pair.table.reasons
    return [None if reasons is None else reasons[row] or None for row in rows.tolist()]


def _columns(pair: KnownPair) -> dict[str, Any]:
    shared = pair_columns()
    first, second = (f"with {shortened(end.value, 24)}" for end in (pair.source, pair.target))
    return {
        "Third attribute": st.column_config.TextColumn(width=165),
        "with the first": {**shared["Sign"], "label": first},
        "with the second": {**shared["Sign"], "label": second},
        "Strength": {**shared["Strength"], "help": "Of the weaker of the two signs, from 0 to 1."},
        "Reason, first": st.column_config.TextColumn(width=300),
        "Reason, second": st.column_config.TextColumn(width=300),
    }

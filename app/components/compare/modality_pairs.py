"""Agreement between every two modalities, as a picture of one measure and as a table of all."""

from typing import Final

import pandas as pd
import streamlit as st

from app.components.clusters.charts import page_text_colour
from app.components.compare.charts import SAME, modality_shares
from app.components.plain_text import plain
from app.components.shares import percent
from app.theme import CHART_CONFIG
from core.graph.agreement import GraphComparison, ModalityPairAgreement

_SHARES: Final = {  # measure: property, heading in the table, which pairs it is a share of
    "Same sign on common edges": ("agreement_on_common", "Same sign", "common"),
    "Agree over all pairs": ("agreement_all_pairs", "All pairs", "n_pairs"),
    "Edges of A that B has": ("recall_of_a", "A in B", "edges_a"),
    "Edges of B that A has": ("precision_of_b", "B in A", "edges_b"),
}
_NOUNS: Final = {
    "common": "common edges",
    "n_pairs": "pairs",
    "edges_a": "edges of A",
    "edges_b": "edges of B",
}
_COUNTS: Final = {
    "Pairs": ("n_pairs", "All pairs of these two kinds."),
    "In A": ("edges_a", "Edges of A."),
    "In B": ("edges_b", "Edges of B."),
    "Common": ("common", "Edges that both have."),
    "Opposite": ("mismatches", "Common edges with opposite signs."),
    "Only A": ("only_a", "Edges of A that B has not."),
    "Only B": ("only_b", "Edges of B that A has not."),
}


def modality_pairs(comparison: GraphComparison, key: str) -> None:
    """Choose a measure for the picture; the table below holds every figure."""
    chosen = st.segmented_control(
        "Measure",
        list(_SHARES),
        default=next(iter(_SHARES)),
        required=True,
        key="compare-modality-measure",
        persist_state="session",
        wrap=True,
        label_visibility="collapsed",
    )
    name = _SHARES[chosen][0]
    picture, words = st.columns([3, 2], gap="medium", vertical_alignment="center")
    picture.plotly_chart(
        modality_shares(comparison, lambda part: getattr(part, name), chosen, page_text_colour()),
        config=CHART_CONFIG,
        key=f"compare-modality-chart-{key}",
        alt=f"{chosen}, by two modalities",
    )
    with words:
        _extremes(comparison, chosen)
    st.dataframe(
        modality_frame(comparison),
        hide_index=True,
        height="content",
        key=f"compare-modality-table-{key}",
        column_config={
            "Modalities": st.column_config.TextColumn(width=145),
            **{
                name: st.column_config.NumberColumn(format="localized", help=text)
                for name, (_, text) in _COUNTS.items()
            },
            **{
                heading: st.column_config.ProgressColumn(
                    width=92, min_value=0.0, max_value=100.0, format="%.1f%%", color=SAME, help=f"{name}, in percent."
                )
                for name, (_, heading, _) in _SHARES.items()
            },
            "Kappa": st.column_config.NumberColumn(
                format="%.2f", help="Cohen's kappa of being an edge: agreement over all pairs, beyond chance."
            ),
        },
        placeholder="–",
        alt="Agreement by two modalities",
    )


def modality_frame(comparison: GraphComparison) -> pd.DataFrame:
    """One line per two modalities, in the order of the catalogue."""
    parts = comparison.by_modality_pair
    return pd.DataFrame(
        {
            "Modalities": [f"{part.modality_a} × {part.modality_b}" for part in parts],
            **{name: [getattr(part, figure) for part in parts] for name, (figure, _) in _COUNTS.items()},
            **{
                heading: pd.array([_percent(getattr(part, figure)) for part in parts], dtype="Float64")
                for figure, heading, _ in _SHARES.values()
            },
            "Kappa": pd.array([part.kappa_all_pairs for part in parts], dtype="Float64"),
        }
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _extremes(comparison: GraphComparison, chosen: str) -> None:
    """Where the measure is lowest and highest, and on how many pairs that rests."""
    figure, _, counted = _SHARES[chosen]
    known = [part for part in comparison.by_modality_pair if getattr(part, figure) is not None]
    if not known:
        st.caption("There is nothing to take a share of.")
        return
    known.sort(key=lambda part: getattr(part, figure))
    lines = {"Lowest": known[0], "Highest": known[-1]} if len(known) > 1 else {"Only": known[0]}
    for word, part in lines.items():
        count = f"{getattr(part, counted):,} {_NOUNS[counted]}"
        st.markdown(f"{word}: **{_names(part)}**, {percent(getattr(part, figure))} of {count}")


def _names(part: ModalityPairAgreement) -> str:
    return f"{plain(part.modality_a)} × {plain(part.modality_b)}"

"""What each pair of modalities brings to a row: how many of its pairs, and how many of those have a sign."""

import pandas as pd
import streamlit as st

from core.sampler.pair_density import PairDensity


def pair_table(pairs: tuple[PairDensity, ...]) -> None:
    """A line per two modalities, the greatest part of a row first, folded away until it is wanted."""
    with st.expander("What each pair of modalities brings", icon=":material/grid_on:"):
        st.dataframe(
            _frame(pairs),
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(format="%.1f%%", help=text) for name, text in _COLUMNS.items()
            },
        )
        st.caption(
            "Pairs within one modality are never judged, so they carry no sign; they count as pairs of a row all the "
            "same. A label that asks for more + or − pairs needs modalities that bring many pairs and many signs."
        )


_COLUMNS = {
    "Part of a row": "Of all pairs of a random row, on average.",
    "+": "Of all pairs that these modalities have, among the attribute types that rows hold.",
    "−": "Of all pairs that these modalities have, among the attribute types that rows hold.",
}


def _frame(pairs: tuple[PairDensity, ...]) -> pd.DataFrame:
    shares = {
        name: [100 * getattr(pair, field) for pair in pairs]
        for name, field in zip(_COLUMNS, ("share_of_row", "positive", "negative"), strict=True)
    }
    names = {"Modality": [p.modality_a for p in pairs], "and": [p.modality_b for p in pairs]}
    return pd.DataFrame({**names, **shares})

"""The percentiles behind the histograms, as a table."""

import pandas as pd
import streamlit as st

from app.theme import FRACTION_NAMES
from core.sampler.density import Density

_COLUMNS = {
    "mean": "The mean over all random rows.",
    "p5": "One random row in twenty lies below.",
    "p25": "A quarter of the random rows lie below.",
    "p50": "Half of the random rows lie below: the median.",
    "p75": "Three quarters of the random rows lie below.",
    "p95": "All but one random row in twenty lie below.",
}


def density_table(density: Density) -> None:
    """Mean and percentiles of the three fractions, three decimals, with how they were measured below."""
    rows = {title: [getattr(getattr(density, name), c) for c in _COLUMNS] for name, title in FRACTION_NAMES.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(_COLUMNS))
    st.dataframe(
        frame,
        column_config={c: st.column_config.NumberColumn(format="%.3f", help=text) for c, text in _COLUMNS.items()},
    )
    fewest, most = int(density.size.min()), int(density.size.max())
    sizes = f"{fewest} attributes" if fewest == most else f"{fewest} to {most} attributes"
    st.caption(
        f"{density.n_subgraphs:,} random rows (subgraphs) of {sizes}, seed {density.seed}. "
        "A share counts pairs over all pairs of the row."
    )


def sparse_signs_notice(density: Density) -> None:
    """Say so where the usual row holds no pair of one sign: a range from 0 on then asks for nothing."""
    for summary, sign, meaning in ((density.pos_frac, "+", "works together"), (density.neg_frac, "−", "conflicts")):
        if summary.p50 == 0:
            st.warning(
                f"**At least half of random rows hold no {sign} pair at all.** A label whose range for {sign} pairs "
                f"begins at 0 is met by rows in which nothing {meaning}; raise the lower end to ask for such pairs, or "
                "look on the Graph page whether many pairs were not judged.",
                icon=":material/warning:",
            )

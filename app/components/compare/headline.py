"""What two graphs have in common, in four figures; and what they were compared on, where that is not all."""

import streamlit as st

from app.components.compare.pickers import Compared
from app.components.shares import percent
from app.queries import Comparison
from core.graph.agreement import PairAgreement

NOT_KNOWN = "–"
_FIGURE_PX = 210


def headline(agreement: PairAgreement) -> None:
    """Agreement on common edges beside agreement over all pairs, and how much of each graph the other has."""
    grid = st.grid(4, min_column_width=_FIGURE_PX)
    for label, share, below, help_text in (
        (
            "Same sign on common edges",
            agreement.agreement_on_common,
            f"{agreement.mismatches:,} of {agreement.common:,} are opposite",
            "Of the edges that both graphs have, the share with the same sign. It says nothing about edges that only "
            "one of them has.",
        ),
        (
            "Agree over all pairs",
            agreement.agreement_all_pairs,
            f"edge or no edge, {agreement.n_pairs:,} pairs",
            "Of all pairs there are, the share that is an edge in both graphs or in neither, whatever the signs.",
        ),
        (
            "Edges of A that B has",
            agreement.recall_of_a,
            f"{agreement.common:,} of {agreement.edges_a:,}; {agreement.only_a:,} missing",
            "The recall of A's edges in B: whatever their signs.",
        ),
        (
            "Edges of B that A has",
            agreement.precision_of_b,
            f"{agreement.common:,} of {agreement.edges_b:,}; {agreement.only_b:,} missing",
            "The recall of B's edges in A: whatever their signs.",
        ),
    ):
        grid.metric(
            label,
            share_text(share),
            below,
            delta_color="off",
            delta_arrow="off",
            help=help_text,
            border=True,
            height="stretch",
        )


def share_text(share: float | None) -> str:
    """A share in percent; a dash where there was nothing to share."""
    return NOT_KNOWN if share is None else percent(share)


def shared_attributes(compared: Compared, comparison: Comparison) -> None:
    """On which attributes graphs of two catalogues are compared; nothing where there is one catalogue."""
    if not compared.is_one_catalogue:
        others = comparison.n_other_facts
        told = (
            f" {others:,} of them carr{'ies' if others == 1 else 'y'} other facts in B's catalogue." if others else ""
        )
        st.info(
            f"The graphs are of two catalogues. **{comparison.n_common:,} attributes are in both** (the same value and "
            f"modality), and every figure below is about their {comparison.agreement.n_pairs:,} pairs. Left out are "
            f"{comparison.n_only_a:,} attributes that only A's catalogue has and {comparison.n_only_b:,} that only B's "
            f"has.{told}",
            icon=":material/join_inner:",
        )


def not_judged(agreement: PairAgreement) -> None:
    """How many pairs count as no edge only because a graph holds no answer."""
    unknown = [
        f"{count:,} pair{'s' * (count != 1)} in {name}"
        for name, count in (("A", agreement.unknown_a), ("B", agreement.unknown_b))
        if count
    ]
    if unknown:
        st.caption(
            f"Not judged: {' and '.join(unknown)}. They count as no edge here; below, what both graphs did judge is "
            "compared as well."
        )

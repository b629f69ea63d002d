"""Every measure of agreement with one sentence on what it says, and when it misleads."""

from typing import NamedTuple

import streamlit as st

from app.components.compare.headline import NOT_KNOWN, share_text
from core.graph.agreement import PairAgreement


class Measure(NamedTuple):
    """One figure as text, what it was counted on, and what it says."""

    name: str
    value: str
    counted_on: str
    says: str


def measure_table(agreement: PairAgreement) -> None:
    """The measures as a table, from the narrowest view to the widest."""
    st.table(
        [
            {"Measure": f"**{m.name}**", "Value": f"**{m.value}**", "Counted on": m.counted_on, "What it says": m.says}
            for m in measures(agreement)
        ],
        border="horizontal",
        hide_index=True,
    )
    st.caption("Every pair is counted and none is sampled, so these figures have no margin of error of their own.")


def measures(agreement: PairAgreement) -> list[Measure]:
    """What the table shows."""
    all_pairs = f"{agreement.n_pairs:,} pairs"
    answered = f"{agreement.answered:,} pairs both judged"
    return [
        Measure(
            "Same sign on common edges",
            share_text(agreement.agreement_on_common),
            f"{agreement.common:,} edges in both",
            "How often the graphs agree once both see an edge. High even where they disagree on what is an edge.",
        ),
        Measure(
            "Same on edge or no edge",
            share_text(agreement.agreement_all_pairs),
            all_pairs,
            "How often both see an edge, or neither does, whatever the sign.",
        ),
        Measure(
            "Kappa on edge or no edge",
            _number(agreement.kappa_all_pairs),
            all_pairs,
            "Cohen's kappa, the same beyond chance: 1 is always, 0 is what two graphs with as many edges, drawn at "
            "random, would reach.",
        ),
        Measure(
            "Same on +, − or no edge",
            share_text(agreement.sign_agreement_all_pairs),
            all_pairs,
            "How often the graphs would treat a pair alike in a dataset.",
        ),
        Measure(
            "Kappa on +, − or no edge",
            _number(agreement.sign_kappa_all_pairs),
            all_pairs,
            "Beyond chance. Misleadingly small where nearly all pairs get the same answer: read it beside the share.",
        ),
        Measure(
            "PABAK on +, − or no edge",
            _number(agreement.sign_pabak_all_pairs),
            all_pairs,
            "Kappa as if the three answers were equally common. It does not shrink when one prevails.",
        ),
        Measure(
            "Gwet's AC1 on +, − or no edge",
            _number(agreement.sign_ac1_all_pairs),
            all_pairs,
            "Beyond chance too, but expects less agreement by chance where one answer prevails.",
        ),
        Measure(
            "Same answer where both judged",
            share_text(agreement.agreement_answered),
            answered,
            "How often +, − or 0 is the same, leaving out every pair that one graph did not judge.",
        ),
        Measure(
            "Kappa where both judged",
            _number(agreement.kappa_answered),
            answered,
            "The same beyond chance.",
        ),
    ]


def _number(value: float | None) -> str:
    if value is None:
        return NOT_KNOWN
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # no minus before a rounded nought

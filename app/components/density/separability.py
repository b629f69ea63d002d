"""How far the labels can be told apart at all, and what their overlaps cost any model."""

import math

import streamlit as st

from app.components.plain_text import plain
from app.components.shares import percent
from core.sampler.separability import Overlap, Separability

_MOST_OVERLAPS = 6


def separability_panel(measured: Separability) -> None:
    """Shares of random rows in one label's box, in several and in none, and the best score a model could reach."""
    st.markdown("##### Can the labels be told apart?")
    places = st.columns(3)
    for place, title, share, text in zip(
        places,
        ("In one label", "In several", "In none"),
        (measured.in_one, measured.in_several, measured.in_none),
        ("Share of random rows that fit exactly one label.", "… that fit two or more labels.", "… that fit no label."),
        strict=True,
    ):
        place.metric(title, percent(share), help=text)
    _ceiling(measured)
    ranked = sorted(measured.overlaps, key=lambda overlap: -max(overlap.share_of_first, overlap.share_of_second))
    if ranked:
        st.markdown("\n".join(f"- {_overlap(overlap)}" for overlap in ranked[:_MOST_OVERLAPS]))
    if len(ranked) > _MOST_OVERLAPS:
        st.caption(f"And {len(ranked) - _MOST_OVERLAPS:,} more pairs of labels that overlap less.")


def _ceiling(measured: Separability) -> None:
    if measured.ceiling is None:
        names = ", ".join(plain(name) for name in measured.unknown)
        st.info(
            f"Too few of {measured.n_subgraphs:,} random rows fit {names} to tell what overlaps would cost a model.",
            icon=":material/help:",
        )
    elif measured.overlaps:
        score = math.floor(measured.ceiling * 1000) / 1000  # never shown as 1 where it is below
        st.warning(
            f"**Labels overlap: no model can score above {score:.3f}** on their rows. (Macro F1: 1 is perfect. In the "
            "overlaps nothing tells which label a row was made for.)",
            icon=":material/join:",
        )
    else:
        st.caption(":material/check: No random row fits two labels: overlaps cost a model nothing.")


def _overlap(overlap: Overlap) -> str:
    first, second = plain(overlap.first), plain(overlap.second)
    return (
        f"{percent(overlap.share_of_first)} of **{first}** rows would fit {second} too, "
        f"{percent(overlap.share_of_second)} of **{second}** rows {first}"
    )

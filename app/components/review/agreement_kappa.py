"""Why kappa alone misleads where most answers are +, worked out from the reviews on the page."""

from typing import Final

import numpy as np
import streamlit as st

from app.components.review.agreement_charts import kappa_chart
from app.theme import CHART_CONFIG
from core.graph.review.agreement_report import AgreementReport, kappa_by_share
from core.graph.review.ratings import N_ANSWERS
from core.graph.review.reliability import Measure

_ALIKE: Final = 0.1  # coefficients that differ by less say the same
_MANY: Final = 0.85  # the share of + among the edges of the published graphs


def why_kappa_misleads(report: AgreementReport) -> None:
    """A warning with kappa's value at another mix of answers; opened, the sum for these reviews and the whole curve."""
    kappa, ac1 = report.among_reviewers[Measure.KAPPA], report.among_reviewers[Measure.AC1]
    observed = kappa.observed
    curve = kappa_by_share(observed, report.answers)
    if kappa.is_defined:
        most = float(min(_MANY, curve.share[-1]))
        elsewhere = float(np.interp(most, curve.share, curve.kappa))
        st.caption(
            f":material/warning: Do not read kappa alone: with {most:.0%} of the answers +, the very same "
            f"{observed:.1%} agreement gives a kappa of about {elsewhere:.2f}; here, with {curve.now:.0%}, it is "
            f"{kappa.estimate:.2f}."
        )
    with st.expander("Why kappa alone misleads where most answers are +", icon=":material/percent:"):
        st.markdown(_sum(report))
        if np.isfinite(kappa.chance):
            st.plotly_chart(kappa_chart(curve, ac1.estimate), config=CHART_CONFIG, key="agreement-kappa")


def _sum(report: AgreementReport) -> str:
    """The reckoning in sentences, as Markdown."""
    kappa, pabak = report.among_reviewers[Measure.KAPPA], report.among_reviewers[Measure.PABAK]
    n_answers, now = int(report.answers.sum()), float(report.answers[-1] / report.answers.sum())
    agree = f"people agree on **{kappa.observed:.1%}** of the pairs."
    start = f"**{now:.0%}** of these {n_answers:,} answers are +, and {agree}"
    if not kappa.is_defined:
        return (
            f"{start} Since everybody always gave the same answer, luck alone would agree on all pairs, and kappa "
            "divides nothing by nothing: it has no value, although nobody ever disagreed."
        )
    chance, rest, even = kappa.chance, 1 - kappa.chance, 1 / N_ANSWERS
    sentences = [
        start,
        f"People who answered by luck, each with their own mix of answers, would agree on **{chance:.1%}** already.",
        f"Kappa looks only at the {rest:.1%} that luck leaves: ({kappa.observed:.1%} − {chance:.1%}) ÷ {rest:.1%} = "
        f"**{kappa.estimate:.2f}**.",
        f"Had +, − and 0 been equally common, luck would give {even:.1%}, and the very same agreement would be "
        f"**{pabak.estimate:.2f}** (that is PABAK).",
        _moral(kappa.estimate, pabak.estimate),
    ]
    return " ".join(sentences)


def _moral(kappa: float, pabak: float) -> str:
    if pabak - kappa < _ALIKE:
        return "Here the answers are mixed enough that both say much the same; the curve shows where that ends."
    return (
        "So kappa is low beside a high percent agreement because so many answers are alike, not because people are "
        "careless. Read it together with AC1, and look at how people do on the − and 0 pairs below."
    )

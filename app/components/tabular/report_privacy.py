"""Privacy: how near made rows come to real ones, exact copies, and how far attacks got."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.components.plain_text import plain, quoted
from app.components.tabular.dot_charts import Ideal, Series, dot_chart
from app.components.tabular.method_styles import MethodStyle
from app.components.tabular.privacy_charts import attack_chart, spread_chart
from app.components.tabular.report_words import ATTACK_HELP, DCR_HELP, NNDR_HELP, SPREAD_HELP
from app.components.tabular.small_tables import figures_table
from app.theme import CHART_CONFIG
from core.tabular.report.model import MethodReport, Report

Styles = dict[str, MethodStyle]


def privacy_view(report: Report, methods: list[MethodReport], styles: Styles) -> None:  # noqa: ARG001 - as all views
    """What may be said first, then the figures that it rests on."""
    _statements(methods)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Closer to rows learnt from than to rows set aside", help=DCR_HELP)
        share = [Series("Share", lambda m: m.privacy.dcr_share if m.privacy else None)]
        _show(dot_chart(methods, styles, share, "Share of the made rows", [Ideal(0.5, "nobody's")]), "dcr-share")
        st.markdown("##### Distance to the closest real row", help=SPREAD_HELP)
        _show(spread_chart(methods, styles, lambda p: (p.dcr, p.holdout_dcr), "Distance, in columns"), "dcr")
    with right:
        st.markdown("##### Attacks", help=ATTACK_HELP)
        _attacks(methods, styles)
        st.markdown("##### Bound to one single real row", help=NNDR_HELP)
        chart = spread_chart(methods, styles, lambda p: (p.nndr, p.holdout_nndr), "Nearest-neighbour distance ratio")
        _show(chart, "nndr")
    st.markdown(
        "##### Copies",
        help="Rows that are real rows learnt from, cell by cell, and rows closer to one than 99% of the rows set aside "
        "are. Beside them the rows set aside themselves: in a table of few columns, rows are alike by chance.",
    )
    figures_table(_copies(methods), "Exact and near copies, by table", "%.2f%%")


def _statements(methods: Sequence[MethodReport]) -> None:
    own = [method for method in methods if not method.is_anchor and method.privacy]
    lines = [f"- **{plain(m.title)}:** {quoted(m.privacy.statement)}" for m in own if m.privacy]
    if lines:
        st.markdown("\n".join(lines))
        st.caption(
            "That no attack of the list succeeded does not say that none can. For a limit on what any one row reveals, "
            "use DP-MST with a stated epsilon."
        )


def _attacks(methods: list[MethodReport], styles: Styles) -> None:
    titles = {attack.name: attack.title for m in methods if m.privacy for attack in m.privacy.attacks}
    if not titles:
        st.caption("No attack could be tried.")
        return
    name = str(
        st.selectbox("Attack", list(titles), format_func=titles.__getitem__, key="tabular-attack", help=ATTACK_HELP)
    )
    _show(attack_chart(methods, styles, name), f"attack-{name}")


def _copies(methods: Sequence[MethodReport]) -> list[dict[str, Any]]:
    return [
        {
            "Table": method.title,
            "Exact copies": 100 * method.privacy.copies.exact_share,
            "Exact, rows set aside": 100 * method.privacy.copies.holdout_exact_share,
            "Near copies": 100 * method.privacy.copies.near_share,
            "Near, rows set aside": 100 * method.privacy.copies.holdout_near_share,
        }
        for method in methods
        if method.privacy
    ]


def _show(figure: Any, name: str) -> None:
    st.plotly_chart(figure, config=CHART_CONFIG, key=f"tabular-privacy-{name}", alt=f"Chart of the report: {name}")

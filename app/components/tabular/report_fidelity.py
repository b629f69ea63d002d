"""Likeness: relations between columns first, then single columns, neighbours, lists, missing cells and rules."""

from typing import Any, Final

import streamlit as st

from app.components.plain_text import plain
from app.components.tabular.column_charts import column_chart
from app.components.tabular.curve_charts import neighbour_curves
from app.components.tabular.dot_charts import Ideal, Series, dot_chart
from app.components.tabular.method_styles import MethodStyle
from app.components.tabular.panel_charts import association_panels, giveaway_panels, projection_panels
from app.components.tabular.report_short import CANNOT_TELL
from app.components.tabular.report_words import DISCRIMINATOR_HELP, NEIGHBOUR_HELP, ONE_COLUMN_HELP, PAIR_HELP
from app.components.tabular.small_tables import columns_table, lists_table, missing_table, neighbours_table, rules_table
from app.theme import CHART_CONFIG
from core.tabular.report.model import MethodReport, Report

Styles = dict[str, MethodStyle]
_SAME: Final = Ideal(1.0, "as real")
_TOGETHER, _SINGLE, _ROWS, _REST = "Columns together", "Single columns", "Rows", "Lists, gaps and rules"


def fidelity_view(report: Report, methods: list[MethodReport], styles: Styles) -> None:
    """One group of figures at a time."""
    part = st.segmented_control(
        "Look at", [_TOGETHER, _SINGLE, _ROWS, _REST], default=_TOGETHER, required=True, key="tabular-fidelity-part"
    )
    if part == _TOGETHER:
        _together(report, methods, styles)
    elif part == _SINGLE:
        _single(report, methods, styles)
    elif part == _ROWS:
        _rows(report, methods, styles)
    else:
        _rest(methods)


def _together(report: Report, methods: list[MethodReport], styles: Styles) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Told from real rows", help=DISCRIMINATOR_HELP)
        series = [Series("All rows", lambda m: m.fidelity.discriminator.auc if m.fidelity else None)]
        if any(m.fidelity and m.fidelity.minority for m in methods):
            series.append(
                Series(
                    f"Only “{plain(report.positive)}”",
                    lambda m: m.fidelity.minority.auc if m.fidelity and m.fidelity.minority else None,
                )
            )
        _show(dot_chart(methods, styles, series, "ROC AUC of boosted trees", [CANNOT_TELL]), "discriminator")
    with right:
        st.markdown("##### Relations kept", help=PAIR_HELP)
        pairs = [Series("Pairs of columns", lambda m: m.fidelity.pair_trends if m.fidelity else None)]
        _show(dot_chart(methods, styles, pairs, "Share of the relations between two columns", [_SAME]), "pairs")
    st.markdown(
        "##### What gives it away",
        help="The features that the discriminator cannot do without: how much AUC it loses when one is scrambled.",
    )
    _show(giveaway_panels(methods, styles), "giveaways")
    st.markdown(
        "##### How strongly columns go together",
        help="Correlation of ranks between two numbers, Cramér's V otherwise.",
    )
    is_difference = st.toggle(
        "Only the difference from the real rows",
        value=True,
        key="tabular-associations-difference",
        help="Blue: the columns go together more strongly than they should. Orange: not strongly enough.",
    )
    _show(association_panels(report.reference, methods, styles, is_difference=is_difference), "associations")


def _single(report: Report, methods: list[MethodReport], styles: Styles) -> None:
    names = [column.column for column in report.reference.columns]
    st.markdown("##### One column at a time", help=ONE_COLUMN_HELP)
    chosen = st.selectbox("Column", names, key="tabular-density-column", width=320)
    column = next(one for one in report.reference.columns if one.column == chosen)
    _show(column_chart(column, methods, styles), f"column-{names.index(chosen)}")
    st.caption(f"Empty cells, here left out: {column.missing_share:.1%} of the real rows.")
    figures = [
        Series("Shape (1 is alike)", lambda m: m.fidelity.shape if m.fidelity else None),
        Series("KS (0 is alike)", lambda m: m.fidelity.ks if m.fidelity else None),
        Series("Jensen-Shannon (0 is alike)", lambda m: m.fidelity.js if m.fidelity else None),
    ]
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### All columns, averaged", help=ONE_COLUMN_HELP)
        _show(dot_chart(methods, styles, figures, "Averaged over the columns"), "single")
    with right:
        st.markdown(
            "##### Told by a logistic model",
            help="It sees one column at a time, too, so a shuffle passes. The lower, the better.",
        )
        propensity = [Series("Propensity", lambda m: m.fidelity.propensity_auc if m.fidelity else None)]
        _show(dot_chart(methods, styles, propensity, "ROC AUC of a logistic model", [CANNOT_TELL]), "propensity")
    columns_table(methods)


def _rows(report: Report, methods: list[MethodReport], styles: Styles) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("##### Precision and recall of likeness", help=NEIGHBOUR_HELP)
        _show(neighbour_curves(methods, styles), "neighbours")
    with right:
        st.markdown("##### In figures", help=NEIGHBOUR_HELP)
        neighbours_table(methods)
    st.markdown(
        "##### Rows on two axes",
        help="The two main directions in which real rows differ. Grey: real rows set aside; coloured: made rows.",
    )
    _show(projection_panels(report.reference, methods, styles), "projection")


def _rest(methods: list[MethodReport]) -> None:
    rules_table(methods)
    lists_table(methods)
    missing_table(methods)


def _show(figure: Any, name: str) -> None:
    st.plotly_chart(figure, config=CHART_CONFIG, key=f"tabular-fidelity-{name}", alt=f"Chart of the report: {name}")

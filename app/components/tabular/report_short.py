"""A report in short: what it says of the table that is closest to real, the headline chart, and every headline."""

from typing import Any, Final

import streamlit as st

from app.components.plain_text import plain
from app.components.tabular.dot_charts import Ideal, Series, dot_chart
from app.components.tabular.method_styles import MethodStyle
from app.components.tabular.report_words import DISCRIMINATOR_HELP, closest, summary
from app.theme import CHART_CONFIG
from core.tabular.report.headlines import HEADLINES, Headline
from core.tabular.report.model import MethodReport, Report

CANNOT_TELL: Final = Ideal(0.5, "cannot tell")
_ROW_PX: Final = 35
_SHARES: Final = ("exact-copies",)
_COUNTS: Final = ("violations", "attacks")
_PARTS: Final = {"fidelity": "Likeness", "utility": "Usefulness", "privacy": "Privacy"}


def short_view(report: Report, methods: list[MethodReport], styles: dict[str, MethodStyle]) -> None:
    """The words, the headline chart and the table of headlines."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        best = closest(methods)
        if best is not None:
            st.markdown(f"##### Closest to real: {plain(best.title)}")
            st.markdown(summary(report, best))
    with right:
        st.markdown("##### How well made rows are told from real ones", help=DISCRIMINATOR_HELP)
        st.plotly_chart(
            dot_chart(
                methods,
                styles,
                [Series("Discriminator", lambda m: m.fidelity.discriminator.auc if m.fidelity else None)],
                "ROC AUC of boosted trees",
                [CANNOT_TELL],
            ),
            config=CHART_CONFIG,
            key="tabular-headline-chart",
            alt="How well boosted trees tell the rows of every table from real ones",
        )
    st.markdown("##### Every headline figure")
    headline_table(methods)
    notes = [f"{plain(method.title)}: {plain(note)}" for method in methods for note in method.notes]
    if notes:
        st.caption("  \n".join(notes))


def headline_table(methods: list[MethodReport]) -> None:
    """A line per method, a column per headline; a dash where a figure has no meaning."""
    columns: dict[str, list[Any]] = {
        "Table": [method.title for method in methods],
        "Rows": [method.n_rows for method in methods],
    }
    config: dict[str, Any] = {
        "Table": st.column_config.TextColumn(width=200, pinned=True),
        "Rows": st.column_config.NumberColumn(format="localized", width=75),
    }
    for headline in HEADLINES:
        scale = 100 if headline.name in _SHARES else 1
        columns[headline.title] = [None if (v := headline.read(m)) is None else scale * v for m in methods]
        config[headline.title] = st.column_config.NumberColumn(
            format=_format(headline),
            width=header_px(headline.title),
            help=f"{_PARTS[headline.part]}. {headline.about} {_better(headline)}",
        )
    st.dataframe(
        columns,
        hide_index=True,
        height=38 + _ROW_PX * len(methods),
        column_config=config,
        placeholder="–",
        alt="The headline figures of every table",
    )


def header_px(title: str) -> int:
    """How wide a column of figures must be for its whole title to be read."""
    return max(90, 30 + 7 * len(title))


def _format(headline: Headline) -> str:
    if headline.name in _COUNTS:
        return "localized"
    return "%.2f%%" if headline.name in _SHARES else "%.3f"


def _better(headline: Headline) -> str:
    if headline.better == "near":
        return f"Best near {headline.ideal:g}."
    return f"{headline.better.capitalize()} is better; the best is {headline.ideal:g}."

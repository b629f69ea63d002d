"""One column of every table drawn over the holdout's: densities of numbers, shares of categories."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

import plotly.graph_objects as go

from app.components.plain_text import in_chart, shortened
from app.components.tabular.method_styles import MethodStyle
from app.theme import NEUTRAL, chart_layout
from core.tabular.report.fidelity_model import ReferenceColumn
from core.tabular.report.model import MethodReport
from core.tabular.schema import ColumnKind

_PX: Final = 420
_ROW_PX: Final = 22
_REAL: Final = "Real rows set aside"


def column_chart(column: ReferenceColumn, methods: Sequence[MethodReport], styles: dict[str, MethodStyle]) -> go.Figure:
    """Every table's column over the holdout's, which is filled; tables that have no rows are left out."""
    if column.drawn_as == "numbers":
        return _densities(column, methods, styles)
    return _shares(column, methods, styles)


def _densities(column: ReferenceColumn, methods: Sequence[MethodReport], styles: dict[str, MethodStyle]) -> go.Figure:
    """Shares by width of their stretch, as steps."""
    edges: list[Any] = list(column.edges)
    widths = [high - low for low, high in pairwise(edges)]
    shown: list[Any] = [_day(edge) for edge in edges] if column.kind is ColumnKind.DATE else edges
    figure = go.Figure()
    figure.add_scatter(
        x=shown,
        y=_steps(column.shares, widths),
        name=_REAL,
        mode="lines",
        line={"shape": "hv", "color": NEUTRAL, "width": 0},
        fill="tozeroy",
        hoverinfo="skip",
    )
    for method, shares in _drawn(column, methods):
        style = styles[method.name]
        figure.add_scatter(
            x=shown,
            y=_steps(shares, widths),
            name=style.label,
            mode="lines",
            line={"shape": "hv", "color": style.colour, "dash": style.dash, "width": 1.5 if style.is_anchor else 2.5},
            hovertemplate=f"{style.label}<br>from %{{x}}<extra></extra>",
        )
    title = in_chart(shortened(column.column)) + (": number of values" if column.kind is ColumnKind.LIST else "")
    figure.update_layout(
        chart_layout(
            height=_PX,
            margin={"l": 8, "r": 16, "t": 76, "b": 8},
            xaxis={"title": title, "showgrid": False, "zeroline": False},
            yaxis={"title": "Density", "showticklabels": False, "zeroline": False, "rangemode": "tozero"},
        )
    )
    return figure


def _shares(column: ReferenceColumn, methods: Sequence[MethodReport], styles: dict[str, MethodStyle]) -> go.Figure:
    """A bar per value for the holdout, and a mark on it for every table."""
    labels = [in_chart(shortened(label, 30)) for label in column.labels]
    places = list(range(len(labels)))
    figure = go.Figure()
    figure.add_bar(
        x=column.shares, y=places, orientation="h", name=_REAL, marker={"color": NEUTRAL, "opacity": 0.35}, width=0.8,
        text=labels, textposition="none", hovertemplate="%{text}<br>%{x:.2%} of the real rows<extra></extra>",
    )  # fmt: skip
    for method, shares in _drawn(column, methods):
        style = styles[method.name]
        figure.add_scatter(
            x=shares,
            y=places,
            mode="markers",
            name=style.label,
            marker={
                "symbol": f"{style.symbol}-open" if style.is_anchor else style.symbol,
                "size": 8 if style.is_anchor else 10,
                "color": style.colour,
                "line": {"width": 1.5, "color": style.colour},
            },
            text=labels,
            hovertemplate=f"{style.label}<br>%{{text}}: %{{x:.2%}}<extra></extra>",
        )
    figure.update_layout(
        chart_layout(
            height=140 + max(_ROW_PX * len(labels), 120),
            margin={"l": 8, "r": 16, "t": 76, "b": 8},
            xaxis={"title": "Share of the rows", "tickformat": ".0%", "zeroline": False, "rangemode": "tozero"},
            yaxis={
                "tickvals": places,
                "ticktext": labels,
                "autorange": "reversed",
                "title": None,
                "ticksuffix": "  ",
                "showgrid": False,
            },
        )
    )
    return figure


def _drawn(column: ReferenceColumn, methods: Sequence[MethodReport]) -> list[tuple[MethodReport, tuple[float, ...]]]:
    found = []
    for method in methods:
        if method.fidelity is not None:
            one = next((c for c in method.fidelity.columns if c.column == column.column), None)
            if one is not None:
                found.append((method, one.shares))
    return found


def _steps(shares: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Densities at the beginning of every stretch; the last one once more, where the last stretch ends."""
    heights = [share / width if width > 0 else 0.0 for share, width in zip(shares, widths, strict=True)]
    return [*heights, heights[-1]]


def _day(days: float) -> str:
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()

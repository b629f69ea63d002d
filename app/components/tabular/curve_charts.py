"""Curves of every method in one picture: precision against recall of likeness, and stated against true chances."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.components.tabular.method_styles import MethodStyle
from app.theme import NEUTRAL, chart_layout
from core.tabular.report.model import MethodReport

_PX: Final = 430


def neighbour_curves(methods: Sequence[MethodReport], styles: dict[str, MethodStyle]) -> go.Figure:
    """Share of made rows near real ones against share of real rows near made ones, over ever larger distances."""
    figure = go.Figure()
    for method in methods:
        if method.fidelity is not None:
            curve = method.fidelity.neighbours.curve
            _line(
                figure,
                styles[method.name],
                [point.recall for point in curve],
                [point.precision for point in curve],
                [f"{point.k} nearest" for point in curve],
                "recall %{x:.3f}, precision %{y:.3f}",
            )
    figure.update_layout(_layout("Recall: real rows that made ones come near", "Precision: made rows near real ones"))
    return figure


def calibration_curves(methods: Sequence[MethodReport], styles: dict[str, MethodStyle], model: str) -> go.Figure:
    """What a model of that kind, learnt from every table, predicts on average, against what came true."""
    figure = go.Figure()
    highest = 0.0
    for method in methods:
        found = method.utility.model(model) if method.utility else None
        if found is not None:
            bins = found.calibration
            highest = max([highest, *(b.predicted for b in bins), *(b.observed for b in bins)])
            _line(
                figure,
                styles[method.name],
                [b.predicted for b in bins],
                [b.observed for b in bins],
                [f"{b.n_rows:,} rows" for b in bins],
                "predicted %{x:.1%}, came true %{y:.1%}",
            )
    figure.add_scatter(
        x=[0, highest], y=[0, highest], mode="lines", name="Perfect", hoverinfo="skip",
        line={"color": NEUTRAL, "width": 1}, showlegend=False,
    )  # fmt: skip
    figure.update_layout(_layout("Chance stated", "Share that came true", ".0%"))
    return figure


def _line(
    figure: go.Figure,
    style: MethodStyle,
    x: Sequence[float],
    y: Sequence[float],
    text: Sequence[str],
    hover: str,
) -> None:
    figure.add_scatter(
        x=list(x),
        y=list(y),
        mode="lines+markers",
        name=style.label,
        line={"color": style.colour, "dash": style.dash, "width": 1.5 if style.is_anchor else 2.5},
        marker={"symbol": style.symbol, "size": 6},
        text=list(text),
        hovertemplate=f"{style.label}<br>%{{text}}: {hover}<extra></extra>",
    )


def _layout(x_title: str, y_title: str, tickformat: str = ".2f") -> dict[str, Any]:
    return chart_layout(
        height=_PX,
        margin={"l": 8, "r": 16, "t": 92, "b": 8},
        xaxis={"title": x_title, "tickformat": tickformat, "zeroline": False},
        yaxis={"title": y_title, "tickformat": tickformat, "zeroline": False},
    )

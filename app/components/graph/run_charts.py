"""Charts of a run of graph generation."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from app.theme import CATEGORY_COLOURS, NEUTRAL, chart_layout


def learning_curve(curve: Sequence[Mapping[str, Any]], target: float | None) -> go.Figure:
    """The share of edges the run expected to have found after so many calls, and the share it aimed at."""
    calls = [point["n_calls"] for point in curve]
    figure = go.Figure(
        go.Scatter(
            x=calls,
            y=[point["expected_recall"] for point in curve],
            customdata=[[point["n_asked"], point["noise"]] for point in curve],
            mode="lines+markers",
            name="Edges found, as expected by the run",
            line={"color": CATEGORY_COLOURS[0], "width": 2},
            marker={"size": 8},
            hovertemplate="After %{x:,} calls: %{y:.1%} of the edges expected found<br>%{customdata[0]:,} pairs asked, "
            "%{customdata[1]:.1%} of answers seem wrong<extra></extra>",
        )
    )
    if target is not None:
        figure.add_scatter(
            x=[min(calls), max(calls)],
            y=[target, target],
            mode="lines",
            name=f"Target {target:.0%}",
            line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    figure.update_layout(
        chart_layout(
            height=280,
            margin={"l": 8, "r": 16, "t": 40, "b": 8},
            xaxis={"title": "Calls made", "tickformat": ",d"},
            yaxis={"title": None, "tickformat": ".0%"},
        )
    )
    return figure

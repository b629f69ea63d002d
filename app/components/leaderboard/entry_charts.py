"""Charts of one entry: what it takes labels for, how sure it is against how often it is right, how it learnt."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.components.plain_text import in_chart, shortened
from app.components.shares import percent
from app.theme import CATEGORY_COLOURS, NEUTRAL, category_colours, chart_layout
from core.leaderboard.reliability import Reliability
from core.workflows.board_files import confusion_shares

_COLOUR: Final = CATEGORY_COLOURS[0]
_LABEL: Final = 18
_PX: Final = 330
_MOST_TEXTS: Final = 8  # labels up to which the cells of the matrix carry text


def confusion_chart(
    counts: NDArray[np.int64], labels: Sequence[str], text_colour: str, *, with_counts: bool
) -> go.Figure:
    """Rows: true labels, columns: predicted ones; each cell as the share of its row, counts if told."""
    shares = confusion_shares(counts, is_exact=with_counts)
    names = [in_chart(shortened(label, _LABEL)) for label in labels]
    places = list(range(len(labels)))
    hover = [
        [
            f"{names[i]} called {names[j]}: {shares[i, j]:.0%} of them"
            + (f", {int(counts[i, j]):,} of {int(counts[i].sum()):,} rows" if with_counts else "")
            for j in places
        ]
        for i in places
    ]
    axis = {
        "tickvals": places,
        "ticktext": names,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            zmin=0,
            zmax=1,
            colorscale=[[0, _faded(0.04)], [1, _faded(0.75)]],
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    figure.update_layout(
        chart_layout(
            height=_PX,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            xaxis={**axis, "title": "Called", "side": "top"},
            yaxis={**axis, "title": "Truly", "autorange": "reversed"},
            annotations=[
                {"x": j, "y": i, "text": f"{shares[i, j]:.0%}", "showarrow": False, "font": {"color": text_colour}}
                for i in places
                for j in places
            ]
            if len(labels) <= _MOST_TEXTS
            else [],
        )
    )
    return figure


def reliability_chart(found: Reliability) -> go.Figure:
    """How often the calls of each bin of certainty are right; on the diagonal certainty is deserved."""
    held = found.share > 0
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            name="Deserved certainty",
            line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=found.confidence[held],
        y=found.accuracy[held],
        mode="markers+lines",
        name="This entry",
        line={"color": _COLOUR, "width": 1},
        marker={"color": _COLOUR, "size": 8 + 22 * np.sqrt(found.share[held])},
        text=[
            f"{percent(float(share))} of the rows: {sure:.0%} sure, right in {right:.0%}"
            for share, sure, right in zip(found.share[held], found.confidence[held], found.accuracy[held], strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    axis = {"range": [-0.03, 1.03], "tickformat": ".0%", "zeroline": False}
    figure.update_layout(
        chart_layout(
            height=_PX,
            margin={"l": 8, "r": 8, "t": 40, "b": 8},
            xaxis={**axis, "title": "How sure"},
            yaxis={**axis, "title": "How often right"},
        )
    )
    return figure


def learning_chart(points: Sequence[Mapping[str, Any]]) -> go.Figure:
    """A log's learning curve: each measure over the steps it was taken at."""
    measures = list(dict.fromkeys(name for point in points for name in point["measures"]))
    colours = category_colours([f"{number}" for number in range(len(measures))])
    figure = go.Figure()
    for number, name in enumerate(measures):
        own = [point for point in points if name in point["measures"]]
        figure.add_scatter(
            x=[point["step"] for point in own],
            y=[point["measures"][name] for point in own],
            mode="lines+markers" if len(own) < 60 else "lines",
            name=in_chart(shortened(name, _LABEL)),
            line={"color": colours[f"{number}"]},
        )
    figure.update_layout(
        chart_layout(height=_PX, xaxis={"title": "Step"}, yaxis={"title": None, "zeroline": False}, showlegend=True)
    )
    return figure


def _faded(opacity: float) -> str:
    red, green, blue = (int(_COLOUR[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"

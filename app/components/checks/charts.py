"""Accuracy on a check set as a picture."""

from collections.abc import Mapping, Sequence
from math import floor

import plotly.graph_objects as go

from app.theme import CATEGORY_COLOURS, NEGATIVE, NEUTRAL, POSITIVE, chart_layout
from core.graph.checks.report import Tally
from core.graph.model import Outcome

_COLOURS = {Outcome.POSITIVE: POSITIVE, Outcome.NEGATIVE: NEGATIVE, Outcome.NEUTRAL: NEUTRAL}
_ROW_PX = 44
_AXIS = "Right answers, with 95% interval"


def accuracy_chart(total: Tally, by_expected: Mapping[Outcome, Tally], names: Mapping[Outcome, str]) -> go.Figure:
    """Share of right answers with its 95% interval: all pairs on top, then one line per expected sign."""
    lines = [("All pairs", total, CATEGORY_COLOURS[4])]
    lines += [(names[outcome], tally, _COLOURS[outcome]) for outcome, tally in by_expected.items()]
    lines = [(name, tally, colour) for name, tally, colour in lines if tally.n_answered]
    figure = go.Figure()
    for name, tally, colour in lines:
        accuracy = tally.accuracy
        figure.add_scatter(
            x=[accuracy.estimate],
            y=[name],
            mode="markers",
            marker={"color": colour, "size": 13},
            cliponaxis=False,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [accuracy.high - accuracy.estimate],
                "arrayminus": [accuracy.estimate - accuracy.low],
                "thickness": 3,
                "width": 0,
                "color": colour,
            },
            hovertemplate=f"{tally.n_right:,} of {tally.n_answered:,} answers are right: %{{x:.1%}}<br>"
            f"95% interval {accuracy.low:.1%} to {accuracy.high:.1%}<extra></extra>",
        )
    figure.update_layout(
        **chart_layout(height=70 + _ROW_PX * max(len(lines), 1), showlegend=False),
        xaxis={"range": [_start(lines), 1.04], "tickformat": ".0%", "nticks": 5, "title": _AXIS},
        yaxis={"autorange": "reversed", "fixedrange": True},
    )
    return figure


def _start(lines: Sequence[tuple[str, Tally, str]]) -> float:
    """A round share below the lowest interval: near-perfect graphs could not be told apart on a full scale."""
    lowest = min((tally.accuracy.low for _, tally, _ in lines), default=0.0)
    return max(0.0, floor(lowest * 10 - 0.5) / 10)

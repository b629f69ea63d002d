"""Charts of a signed graph."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.components.graph.outcome_metrics import count_of
from app.components.pair_text import OUTCOME_TITLES
from app.components.plain_text import in_chart
from app.theme import NEGATIVE, NEUTRAL, OUTCOME_COLOURS, POSITIVE, chart_layout
from core.graph.model import Outcome
from core.graph.pair_table import SIGNED
from core.graph.statistics import GraphStatistics

_HEATMAP_PIXELS = 680
_OPACITY = {Outcome.NEUTRAL: 0.5, Outcome.UNJUDGED: 0.2}  # apart on light and dark ground, and both behind the signs
_TEXT_PIXELS = 14  # height of a line of text


def outcomes_by_modality_pair(statistics: GraphStatistics) -> go.Figure:
    """Shares of each outcome per modality pair, as stacked bars; hover gives the counts."""
    pairs = statistics.by_modality_pair
    names = [in_chart(f"{pair.modality_a} × {pair.modality_b}") for pair in pairs]
    figure = go.Figure()
    for outcome, title in OUTCOME_TITLES.items():
        counts = [count_of(pair.counts, outcome) for pair in pairs]
        if not any(counts):
            continue
        figure.add_bar(
            y=names,
            x=[count / max(pair.counts.n_pairs, 1) for count, pair in zip(counts, pairs, strict=True)],
            customdata=counts,
            orientation="h",
            name=title,
            marker={"color": OUTCOME_COLOURS[outcome.name.lower()]},
            hovertemplate="%{y}<br>" + title + ": %{customdata:,} pairs (%{x:.1%})<extra></extra>",
        )
    figure.update_layout(
        chart_layout(
            barmode="stack",
            bargap=0.25,
            height=90 + 34 * len(pairs),
            margin={"l": 8, "r": 28, "t": 32, "b": 8},
            xaxis={"tickformat": ".0%", "range": [0, 1], "dtick": 0.25, "title": None},
            yaxis={"autorange": "reversed", "title": None, "ticksuffix": "  "},
            legend_traceorder="normal",
        )
    )
    return figure


def sign_heatmap(matrix: NDArray[np.int8], values: list[str], modalities: list[str]) -> go.Figure:
    """The whole graph at a glance: one cell per pair, lines between modalities; hover names both attributes.

    `matrix` [N, N] holds the numbers of outcomes, or another number for no pair, in the order of `values`, modality by
    modality. Pairs without a signal and pairs that were not judged have colours of their own.
    """
    names = _axis_names(values, modalities)
    is_signed = np.isin(matrix, SIGNED)
    common = {"x": names, "y": names, "showscale": False, "hoverongaps": False}
    figure = go.Figure(
        go.Heatmap(
            z=np.where(is_signed, matrix.astype(np.float32), np.nan),
            zmin=-1,
            zmax=1,
            colorscale=[[0, NEGATIVE], [1, POSITIVE]],
            hovertemplate="<b>%{z:+d}</b>  %{y} × %{x}<extra></extra>",
            **common,
        )
    )
    for outcome, title in OUTCOME_TITLES.items():
        if not np.any(matrix == outcome):
            continue
        colour = OUTCOME_COLOURS[outcome.name.lower()]
        if outcome not in SIGNED:
            figure.add_heatmap(
                z=np.where(matrix == outcome, np.float32(0), np.float32(np.nan)),
                colorscale=[[0, colour], [1, colour]],
                opacity=_OPACITY.get(outcome, 1.0),
                hovertemplate=f"<b>{title}</b>  %{{y}} × %{{x}}<extra></extra>",
                **common,
            )
        figure.add_scatter(  # a heatmap has no key of its own
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": "square", "size": 11, "color": colour, "opacity": _OPACITY.get(outcome, 1.0)},
            name=title,
        )
    starts = [i for i in range(len(names)) if i == 0 or modalities[i] != modalities[i - 1]]
    spans = list(zip(starts, [*starts[1:], len(names)], strict=True))
    axis = {"type": "category", "showticklabels": False, "showgrid": False, "constrain": "domain", "ticks": ""}
    figure.update_layout(
        chart_layout(
            height=_HEATMAP_PIXELS,
            margin={"l": 16 + min(200, max(map(_pixels, modalities), default=0)), "r": 8, "t": 64, "b": 8},
            legend={"orientation": "h", "yanchor": "bottom", "y": 1.05, "x": 0},
            xaxis={**axis, "constraintoward": "left"},
            yaxis={**axis, "autorange": "reversed", "scaleanchor": "x", "constraintoward": "top"},
            shapes=[line for start in starts[1:] for line in _lines_before(start, len(names))],
            annotations=[
                label
                for start, end in spans
                for label in _modality_labels(modalities[start], start, end, _HEATMAP_PIXELS / len(names))
            ],
        )
    )
    return figure


def _axis_names(values: list[str], modalities: list[str]) -> list[str]:
    """A name of its own for every line: plotly would lay lines of one name on each other."""
    names: list[str] = []
    taken: set[str] = set()
    for value, modality in zip(values, modalities, strict=True):
        name = in_chart(f"{value} ({modality})")  # plotly takes text for a kind of HTML
        while name in taken:
            name += " "
        taken.add(name)
        names.append(name)
    return names


def _lines_before(position: int, n: int) -> list[dict[str, Any]]:
    """A vertical and a horizontal line in front of a line of the [n, n] matrix."""
    at, first, last = position - 0.5, -0.5, n - 0.5
    style = {"type": "line", "line": {"width": 1, "color": NEUTRAL}, "opacity": 0.6}
    return [
        {**style, "x0": at, "x1": at, "y0": first, "y1": last},
        {**style, "x0": first, "x1": last, "y0": at, "y1": at},
    ]


def _modality_labels(modality: str, start: int, end: int, line_pixels: float) -> list[dict[str, Any]]:
    """The modality above and beside its lines, where there is room (hover names it everywhere).

    Tick labels cannot do it: hover would show them in place of the names of their lines.
    """
    room = (end - start) * line_pixels
    middle = (start + end - 1) / 2
    style = {"text": in_chart(modality), "showarrow": False}
    above = {**style, "x": middle, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom"}
    beside = {**style, "y": middle, "yref": "y", "x": 0, "xref": "x domain", "xanchor": "right", "xshift": -6}
    return [above] * (room >= 0.7 * _pixels(modality)) + [beside] * (room >= _TEXT_PIXELS)


def _pixels(text: str) -> int:
    """About how wide a text is drawn, at most."""
    return 7 * len(text)

"""Charts of random rows: where their fractions lie, and which of them each label would take."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.components.plain_text import in_chart
from app.theme import FRACTION_COLOURS, FRACTION_NAMES, chart_layout, label_colours
from core.sampler.configuration import LabelParams
from core.sampler.density import Density, FractionSummary
from core.workflows.density_report import ReachReport

_BIN_WIDTHS = (0.025, 0.01, 0.005)
_FEWEST_BINS = 16
_CELL = 0.01  # side of a cell of the cloud
_JITTER = 0.006
_CLOUD = ((0.0, "rgba(128,136,152,.08)"), (1.0, "rgba(128,136,152,.65)"))
_INK = "rgba(128,136,152,1)"  # reads on light and dark ground alike
_GAP = 0.06  # between two histograms, as a share of the width
_PLAIN = {"tickformat": ".0%", "showgrid": False, "zeroline": False}


class _Axes(NamedTuple):
    """Plotly's names of one histogram's axes: the common x, the y of the bars, the y of the percentile strip."""

    x: str
    y: str
    strip: str


def fraction_histograms(density: Density) -> go.Figure:
    """One histogram per fraction, and below it a strip with its percentiles: p5 to p95, a box p25 to p75, p50 in it."""
    traces: list[go.Bar | go.Scatter] = []
    layout = chart_layout(height=280, showlegend=False, bargap=0, annotations=[])
    for column, (name, colour) in enumerate(FRACTION_COLOURS.items()):
        axes = _Axes(f"x{column + 1}", f"y{column + 1}", f"y{column + 4}")
        low, high = _window(density, name)
        traces += [_histogram(density, name, colour, axes), *_percentile_strip(density, name, colour, axes)]
        left = column * (1 + _GAP) / 3
        domain = [left, left + (1 - 2 * _GAP) / 3]
        layout |= {
            f"xaxis{column + 1}": {**_PLAIN, "domain": domain, "range": [low, high], "anchor": axes.strip},
            f"yaxis{column + 1}": {"tickformat": ".0%", "nticks": 4, "domain": [0.16, 0.97], "anchor": axes.x},
            f"yaxis{column + 4}": {"visible": False, "range": [-1, 1], "domain": [0, 0.12], "anchor": axes.x},
        }
        title = {"text": FRACTION_NAMES[name], "x": sum(domain) / 2, "y": 1.0, "xref": "paper", "yref": "paper"}
        layout["annotations"].append(
            {**title, "showarrow": False, "xanchor": "center", "yanchor": "bottom", "font": {"size": 14}}
        )
    return go.Figure(traces, layout)


def label_cloud(
    density: Density, label_params: Mapping[str, LabelParams], reach: ReachReport | None = None
) -> go.Figure:
    """Random rows as a cloud over (+ share, − share), with each label's ranges as a box on it.

    With a reach, its outline is drawn too and the axes hold all of it.
    """
    found = density.fractions
    figure = go.Figure(_cloud(density))
    if reach:
        figure.add_scatter(**_outline(reach))
    for label, colour in label_colours(list(label_params)).items():
        figure.add_scatter(**_box(label, label_params[label], colour))
    x_seen = [p.pos_frac_range[0] + 0.1 for p in label_params.values()] + ([reach.extremes.pos_max] if reach else [])
    y_seen = [p.neg_frac_range[0] + 0.1 for p in label_params.values()] + ([reach.extremes.neg_max] if reach else [])
    figure.update_layout(
        chart_layout(
            height=520,
            xaxis=_axis("pos_frac", _top(found.pos_frac, x_seen)),
            yaxis=_axis("neg_frac", _top(found.neg_frac, y_seen)),
        )
    )
    return figure


def _cloud(density: Density) -> go.Heatmap:
    """Random rows by cells, stronger where there are more: dots take a browser longer to draw than sliders may wait."""
    found = density.fractions
    # Fractions of small rows fall on few values: a little jitter shows how many rows share a place.
    jitter = np.random.default_rng(0).uniform(-_JITTER, _JITTER, size=(2, density.n_subgraphs))
    ends = np.arange(-_CELL, 1 + 2 * _CELL, _CELL)
    counts, _, _ = np.histogram2d(found.neg_frac + jitter[0], found.pos_frac + jitter[1], bins=(ends, ends))
    last = [int(np.flatnonzero(counts.any(axis=axis))[-1]) + 1 for axis in (1, 0)]
    counts = counts[: last[0], : last[1]]
    middles = (ends[:-1] + ends[1:]) / 2
    return go.Heatmap(
        x=middles[: last[1]],
        y=middles[: last[0]],
        z=np.where(counts > 0, np.sqrt(counts), np.nan),  # the root, so that single rows are seen beside crowds
        colorscale=_CLOUD,
        zmin=0,
        showscale=False,
        showlegend=True,
        hoverinfo="skip",
        name="random rows",
    )


def reach_outline(reach: ReachReport) -> list[tuple[float, float]]:
    """Corners (+ share, − share) of the area outside of which nothing was found, all below + and − share = 1.

    Its right side rises in the steps of the frontier, since a cap on the − pairs bounds all that lies below it.
    """
    ends = reach.extremes
    corners = [(ends.pos_min, ends.neg_min)]
    below = ends.neg_min
    for point in reach.frontier:
        corners += [(point.pos_frac, below), (point.pos_frac, point.neg_frac)]
        below = point.neg_frac
    top = max(min(ends.pos_max, 1 - ends.neg_max), ends.pos_min)
    corners += [(ends.pos_max, 1 - ends.pos_max), (top, ends.neg_max), (ends.pos_min, ends.neg_max)]
    clipped = [(x, min(y, 1 - x)) for x, y in corners]
    return [*clipped, clipped[0]]


def _histogram(density: Density, name: str, colour: str, axes: _Axes) -> go.Bar:
    values = getattr(density.fractions, name)
    low, high = _window(density, name)
    width = next((w for w in _BIN_WIDTHS if (high - low) / w >= _FEWEST_BINS), _BIN_WIDTHS[-1])
    counts, edges = np.histogram(values, bins=round(1 / width), range=(0.0, 1.0))
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts / len(values),
        width=width,
        marker={"color": colour, "line": {"width": 0}},
        hovertemplate=f"{FRACTION_NAMES[name]} around %{{x:.1%}}:<br>%{{y:.1%}} of random rows<extra></extra>",
        xaxis=axes.x,
        yaxis=axes.y,
    )


def _percentile_strip(density: Density, name: str, colour: str, axes: _Axes) -> list[go.Scatter]:
    """Whisker, box and median, each telling all values when pointed at."""
    found: FractionSummary = getattr(density, name)
    text = (
        f"p5 {found.p5:.1%} · p25 {found.p25:.1%} · <b>p50 {found.p50:.1%}</b> · p75 {found.p75:.1%} · "
        f"p95 {found.p95:.1%}<br>half of all random rows lie between p25 and p75"
    )
    common = {"hovertext": text, "hoverinfo": "text", "xaxis": axes.x, "yaxis": axes.strip}
    lines = [
        go.Scatter(
            x=np.linspace(low, high, 9),  # points to point at
            y=[0] * 9,
            mode="lines",
            line={"width": width, "color": ink},
            **common,
        )
        for low, high, width, ink in ((found.p5, found.p95, 2, _INK), (found.p25, found.p75, 10, colour))
    ]
    mark = {"symbol": "line-ns", "size": 16, "line": {"width": 3, "color": _INK}}
    return [*lines, go.Scatter(x=[found.p50], y=[0], mode="markers", marker=mark, **common)]


def _window(density: Density, name: str) -> tuple[float, float]:
    """The part of 0..1 that a histogram shows; both signs share theirs, so that the two can be compared."""
    found = density.fractions
    if name == "absent_frac":
        return max(float(found.absent_frac.min(initial=1.0)) - 0.05, 0.0), 1.0
    top = max(float(found.pos_frac.max(initial=0.0)), float(found.neg_frac.max(initial=0.0)))
    return 0.0, min(top + 0.05, 1.0)


def _box(label: str, params: LabelParams, colour: str) -> dict[str, object]:
    (x0, x1), (y0, y1) = params.pos_frac_range, params.neg_frac_range
    name = in_chart(label)  # plotly reads a little HTML in names and texts
    text = f"{name}: + share {x0:.1%} to {x1:.1%}, − share {y0:.1%} to {y1:.1%}"
    return {
        "x": [x0, x1, x1, x0, x0],
        "y": [y0, y0, y1, y1, y0],
        "mode": "lines",
        "line": {"color": colour, "width": 3},
        "fill": "toself",
        "fillcolor": _faint(colour),
        "name": name,
        "text": text,
        "hoverinfo": "text",
        "hoveron": "fills",
    }


def _outline(reach: ReachReport) -> dict[str, object]:
    corners = reach_outline(reach)
    return {
        "x": [x for x, _ in corners],
        "y": [y for _, y in corners],
        "mode": "lines",
        "line": {"color": _INK, "width": 1.5, "dash": "dot"},
        "name": "as far as searches reached",
        "hoverinfo": "skip",
    }


def _axis(name: str, top: float) -> dict[str, object]:
    return {"title": FRACTION_NAMES[name], "range": [-0.02, top], "tickformat": ".0%", "nticks": 9, "zeroline": False}


def _top(found: NDArray[np.float64], seen: list[float]) -> float:
    """Where an axis ends: beyond the cloud and whatever else is to be seen."""
    return min(max([float(found.max(initial=0.1)), *seen]) + 0.08, 1.02)


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},.10)"

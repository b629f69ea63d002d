"""Charts of agreement and of the judge's errors."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from app.components.plain_text import in_chart, shortened
from app.components.review.agreement_words import MEASURE_TITLES, interval_text
from app.theme import CATEGORY_COLOURS, NEUTRAL, chart_layout
from core.graph.review.agreement_report import Coefficients, KappaByShare
from core.graph.review.audit import ModalityPairErrors

_ROW_PX = 34
_MOST_ROWS = 24
_NAME = 28


def coefficient_chart(coefficients: Coefficients) -> go.Figure:
    """Every measure as a point with its interval, on the scale from 0, luck alone, to 1, full agreement."""
    shown = [coefficients[measure] for measure in MEASURE_TITLES if coefficients[measure].is_defined]
    figure = go.Figure()
    _intervals(
        figure,
        [c.estimate for c in shown],
        [c.interval.low for c in shown],
        [c.interval.high for c in shown],
        [MEASURE_TITLES[c.measure] for c in shown],
        [f"{MEASURE_TITLES[c.measure]}: {c.estimate:.2f} ({interval_text(c)})" for c in shown],
    )
    lowest = min([0.0, *(c.interval.low for c in shown)])
    figure.update_layout(
        _row_layout(
            len(shown),
            {"range": [lowest - 0.03, 1.03], "title": "0 = no better than luck · 1 = always alike"},
        )
    )
    return figure


def kappa_chart(curve: KappaByShare, ac1: float) -> go.Figure:
    """Kappa over the share of + answers at one and the same percent agreement; where these reviews stand is marked."""
    low = float(curve.share[0])
    nearest = int(abs(curve.share - curve.now).argmin())
    figure = go.Figure(
        go.Scatter(
            x=curve.share,
            y=curve.kappa,
            mode="lines",
            name=f"Kappa at {curve.observed:.0%} agreement",
            line={"color": CATEGORY_COLOURS[4], "width": 2.5},
            hovertemplate="With %{x:.0%} of the answers +, kappa would be %{y:.2f}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[float(curve.share[nearest])],
        y=[float(curve.kappa[nearest])],
        mode="markers",
        name="These reviews",
        marker={"color": CATEGORY_COLOURS[3], "size": 12, "line": {"width": 1, "color": NEUTRAL}},
        hovertemplate=f"Here {curve.now:.0%} of the answers are +<extra></extra>",
    )
    figure.add_scatter(
        x=[float(curve.share[0]), float(curve.share[-1])],
        y=[ac1, ac1],
        mode="lines",
        name=f"AC1 of these reviews: {ac1:.2f}",
        line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
    figure.update_layout(
        chart_layout(
            height=280,
            margin={"l": 8, "r": 16, "t": 40, "b": 8},
            xaxis={"title": "Share of + among the answers", "tickformat": ".0%", "range": [low - 0.02, 1.0]},
            yaxis={"title": "Kappa", "range": [min(0.0, float(curve.kappa.min())) - 0.05, 1.03]},
        )
    )
    return figure


def error_chart(parts: Sequence[ModalityPairErrors]) -> go.Figure:
    """Share of wrong pairs between every two modalities, with its interval and the number of pairs it rests on."""
    shown = sorted(parts, key=lambda part: -part.errors.n_pairs)[:_MOST_ROWS]
    shares = [part.errors.wrong for part in shown]
    names = [f"{shortened(p.modality_a, _NAME)} × {shortened(p.modality_b, _NAME)}" for p in shown]
    figure = go.Figure()
    _intervals(
        figure,
        [share.interval.estimate for share in shares],
        [share.interval.low for share in shares],
        [share.interval.high for share in shares],
        [f"{name} · {share.trials:,}" for name, share in zip(names, shares, strict=True)],
        [
            f"{name}: {share.hits:,} of {share.trials:,} wrong, {share.interval.estimate:.1%} "
            f"({share.interval.low:.1%} to {share.interval.high:.1%})"
            for name, share in zip(names, shares, strict=True)
        ],
    )
    axis = {
        "range": [-0.02, 1.02],
        "tickformat": ".0%",
        "title": "Pairs that are wrong; beside each name, pairs audited",
    }
    figure.update_layout(_row_layout(len(shown), axis))
    return figure


def _intervals(
    figure: go.Figure,
    at: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    names: Sequence[str],
    hover: Sequence[str],
) -> None:
    """One point per row with its interval; names and hover are plain text.

    Quotation marks stay as they are: plotly would show their entity as it is written.
    """
    figure.add_scatter(
        x=list(at),
        y=_apart([in_chart(name) for name in names]),
        mode="markers",
        marker={"size": 10, "color": CATEGORY_COLOURS[0]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [end - x for end, x in zip(high, at, strict=True)],
            "arrayminus": [x - end for end, x in zip(low, at, strict=True)],
            "color": CATEGORY_COLOURS[0],
            "thickness": 1.5,
            "width": 5,
        },
        text=[in_chart(text) for text in hover],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _apart(names: Sequence[str]) -> list[str]:
    """Plotly lays rows of one name on each other: names that were cut to the same text get spaces."""
    seen: dict[str, int] = {}
    apart = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        apart.append(name + " " * (seen[name] - 1))
    return apart


def _row_layout(n_rows: int, xaxis: dict[str, Any]) -> dict[str, Any]:
    return chart_layout(
        height=80 + _ROW_PX * n_rows,
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        xaxis={"zeroline": True, "zerolinecolor": NEUTRAL, **xaxis},
        yaxis={"autorange": "reversed", "title": None, "ticksuffix": "  ", "type": "category"},
    )

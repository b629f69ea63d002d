"""The estimates of pairs by what the graph says of them: where the colours part, labels and graph agree."""

from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.theme import NEGATIVE, NEUTRAL, POSITIVE, chart_layout
from core.graph.model import Outcome
from core.workflows.model_pairs import ComparedPairs

_N_BINS: Final = 60
_KINDS: Final = (
    ("No sign in the graph", None, NEUTRAL),
    ("+ in the graph", Outcome.POSITIVE, POSITIVE),
    ("− in the graph", Outcome.NEGATIVE, NEGATIVE),
)


def estimates_chart(pairs: ComparedPairs) -> go.Figure:
    """How many pairs have which estimate, one outline per sign of the graph; counted here, not in the browser."""
    low, high = np.quantile(pairs.mean, [0.001, 0.999])
    edges = np.linspace(min(low, 0.0), max(high, 0.0), _N_BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    values = np.clip(pairs.mean, edges[0], edges[-1])
    signed = np.isin(pairs.outcome, (Outcome.POSITIVE, Outcome.NEGATIVE))
    figure = go.Figure()
    for name, outcome, colour in _KINDS:
        own = ~signed if outcome is None else pairs.outcome == outcome
        if not own.any():
            continue
        counts = np.histogram(values[own], edges)[0]
        figure.add_scatter(
            x=middles,
            y=counts,
            mode="lines",
            name=f"{name} ({int(own.sum()):,})",
            line={"color": colour, "width": 2, "shape": "hvh"},
            fill="tozeroy",
            fillcolor=_faded(colour),
            hovertemplate=f"{name}<br>estimate about %{{x:.2f}}: %{{y:,}} pairs<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5, "dash": "dash"})
    figure.update_layout(
        chart_layout(
            height=260,
            xaxis={"title": "Estimate: against ← 0 → for", "zeroline": False, "showgrid": False},
            yaxis={"title": "Pairs", "zeroline": False},
        )
    )
    return figure


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"

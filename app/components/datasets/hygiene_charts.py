"""Charts of how alike rows are."""

import plotly.graph_objects as go

from app.theme import CATEGORY_COLOURS, chart_layout
from core.dataset.near_rows import BINS, NearestRows

_HEIGHT_PX = 320


def likeness_histogram(nearest: NearestRows) -> go.Figure:
    """Compared rows by the likeness of their nearest other row."""
    edges = [(place / BINS, (place + 1) / BINS) for place in range(BINS)]
    figure = go.Figure(
        go.Bar(
            x=[(low + high) / 2 for low, high in edges],
            y=list(nearest.histogram),
            width=1 / BINS,
            marker={"color": CATEGORY_COLOURS[0]},
            customdata=[f"{low:.0%} to {high:.0%}" for low, high in edges],
            hovertemplate="%{y:,} rows: the nearest other row is %{customdata} alike<extra></extra>",
        )
    )
    figure.update_layout(**chart_layout(height=_HEIGHT_PX, bargap=0.04, showlegend=False))
    figure.update_xaxes(
        range=[0, 1.02], dtick=0.2, tickformat=".0%", title="Shared attributes over those in either row"
    )
    figure.update_yaxes(title="Rows")
    return figure

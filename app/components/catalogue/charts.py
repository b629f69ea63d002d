"""Charts of a catalogue."""

import plotly.graph_objects as go

from app.catalogue_tables import CatalogueOverview
from app.components.plain_text import in_chart
from app.theme import category_colours, chart_layout

MOST_BARS = 24
_BAR_PX = 26


def attributes_by_type(overview: CatalogueOverview) -> go.Figure:
    """One bar per attribute type in its modality's colour; one per modality where there are too many types."""
    by_type = len(overview.types) <= MOST_BARS
    figure = go.Figure()
    for modality, colour in category_colours(overview.modalities).items():
        types = [count for count in overview.types if count.modality == modality]
        bars = {count.attribute_type: count.n_attributes for count in types}
        if not by_type:
            bars = {modality: sum(bars.values())}
        figure.add_bar(
            y=[in_chart(name) for name in bars],
            x=list(bars.values()),
            text=[f"{n:,}" for n in bars.values()],
            customdata=[f"{len(types):,} attribute type{'s'[: len(types) > 1]}"] * len(bars),
            textposition="outside",
            cliponaxis=False,
            orientation="h",
            name=in_chart(modality),
            marker={"color": colour},
            hovertemplate=f"{in_chart(modality)} · %{{y}}: %{{x:,}} attributes<extra></extra>"
            if by_type
            else "%{y}: %{x:,} attributes of %{customdata}<extra></extra>",
        )
    n_bars = len(overview.types) if by_type else len(overview.modalities)
    figure.update_layout(
        chart_layout(
            height=70 + _BAR_PX * n_bars,
            bargap=0.25,
            showlegend=by_type and len(overview.modalities) < n_bars,
            xaxis={"title": None, "showticklabels": False, "showgrid": False, "zeroline": False},
            yaxis={"autorange": "reversed", "title": None, "ticksuffix": "  ", "type": "category"},
            margin={"l": 8, "r": 48, "t": 32, "b": 8},
        )
    )
    return figure

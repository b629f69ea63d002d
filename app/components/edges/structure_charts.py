"""Charts of a graph's structure: how many edges attributes have, and which kinds of triangles there are."""

from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.components.plain_text import in_chart
from app.theme import NEGATIVE, POSITIVE, chart_layout
from core.graph.structure import Degrees

TRIANGLE_NAMES: Final = ("+ + +", "+ + −", "+ − −", "− − −")
_MOST_BINS: Final = 40


def degree_histogram(degrees: Degrees) -> go.Figure:
    """How many attributes have how many + and how many − edges, side by side over the same steps."""
    highest = int(max(degrees.n_positive.max(initial=0), degrees.n_negative.max(initial=0)))
    step = max(1, -(-(highest + 1) // _MOST_BINS))
    edges = np.arange(0, highest + step + 1, step)
    spans = [f"{low:,}" if step == 1 else f"{low:,} to {low + step - 1:,}" for low in edges[:-1].tolist()]
    figure = go.Figure()
    for name, counts, colour in (("+ edges", degrees.n_positive, POSITIVE), ("− edges", degrees.n_negative, NEGATIVE)):
        figure.add_bar(
            x=edges[:-1] + (step - 1) / 2,
            y=np.histogram(counts, edges)[0],
            name=name,
            customdata=spans,
            marker={"color": colour},
            hovertemplate="%{y:,} attributes with %{customdata} " + name + "<extra></extra>",
        )
    figure.update_layout(
        chart_layout(
            height=300,
            barmode="group",
            bargap=0.12,
            bargroupgap=0,
            xaxis={"title": "Edges of an attribute"},
            yaxis={"title": "Attributes", "rangemode": "tozero"},
        )
    )
    return figure


def triangle_bars(by_negatives: tuple[int, int, int, int]) -> go.Figure:
    """The four kinds of triangles; balanced ones in full colour, unbalanced ones hatched."""
    total = max(sum(by_negatives), 1)
    figure = go.Figure()
    for is_balanced, title in ((True, "Balanced"), (False, "Unbalanced")):
        kinds = [n for n in range(4) if (n % 2 == 0) == is_balanced]
        figure.add_bar(
            y=[TRIANGLE_NAMES[n] for n in kinds],
            x=[by_negatives[n] for n in kinds],
            text=[f"{by_negatives[n] / total:.0%}" for n in kinds],
            textposition="outside",
            cliponaxis=False,
            name=title,
            orientation="h",
            marker={
                "color": POSITIVE if is_balanced else NEGATIVE,
                "pattern": {"shape": "" if is_balanced else "/"},
            },
            hovertemplate=f"%{{y}}: %{{x:,}} triangles, {in_chart(title.lower())}<extra></extra>",
        )
    figure.update_layout(
        chart_layout(
            height=240,
            bargap=0.3,
            yaxis={"categoryorder": "array", "categoryarray": list(reversed(TRIANGLE_NAMES)), "ticksuffix": "  "},
            xaxis={"title": "Triangles", "tickformat": ",d", "range": [0, 1.15 * max(by_negatives) or 1]},
        )
    )
    return figure

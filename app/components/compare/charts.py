"""Charts of two compared graphs: which edges they share, what each holds of every pair, and where they agree."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from app.components.compare.circles import Circles, circles_of
from app.components.plain_text import in_chart
from app.components.shares import percent
from app.theme import CATEGORY_COLOURS, NEUTRAL, chart_layout
from core.graph.agreement import GraphComparison, ModalityPairAgreement, PairAgreement

COLOUR_A, COLOUR_B, SAME, OPPOSITE = (CATEGORY_COLOURS[i] for i in (0, 4, 6, 7))
_HOLDS: Final = ("+", "−", "0", "not judged")
_ORDER: Final = (2, 0, 1, 3)  # where these stand in `PairAgreement.counts`
_CELLS: Final = (  # what it means that A (row) and B (column) hold these
    ("same", "opposite", "only_a", "only_a"),
    ("opposite", "same", "only_a", "only_a"),
    ("only_b", "only_b", "same", "neither"),
    ("only_b", "only_b", "neither", "neither"),
)
_MEANINGS: Final = {
    "same": ("Same answer", SAME),
    "opposite": ("Opposite signs", OPPOSITE),
    "only_a": ("Edge in A only", COLOUR_A),
    "only_b": ("Edge in B only", COLOUR_B),
    "neither": ("No edge in either", NEUTRAL),
}
_PALEST, _STRONGEST = 0.10, 0.62  # opacity of a cell: text stays readable on light and dark ground
_WIDE_ENOUGH = 0.5  # of the larger radius: room for a count inside
_BELOW_PX = 152  # from the middle of a part that is too narrow to its count
_CHART_PX = 380


def edge_circles(agreement: PairAgreement, text_colour: str) -> go.Figure:
    """The edges of both graphs as two circles: areas, and the area they share, are in the proportion of the counts."""
    circles = circles_of(agreement.edges_a, agreement.edges_b, agreement.common)
    low, high = circles.ends
    labels = [
        _title("A", agreement.edges_a, low, "left", COLOUR_A),
        _title("B", agreement.edges_b, high, "right", COLOUR_B),
        *_part_labels(agreement, circles),
    ]
    figure = go.Figure()
    figure.update_layout(
        chart_layout(
            height=_CHART_PX,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            shapes=[_circle(0.0, circles.radius_a, COLOUR_A), _circle(circles.distance, circles.radius_b, COLOUR_B)],
            annotations=[{**label, "font": {"color": text_colour, "size": 13}} for label in labels],
            xaxis={"visible": False, "range": [low - 0.1, high + 0.1], "fixedrange": True},
            yaxis={"visible": False, "range": [-1.45, 1.3], "scaleanchor": "x", "fixedrange": True},
        )
    )
    return figure


def _circle(centre: float, radius: float, colour: str) -> dict[str, Any]:
    box = {"x0": centre - radius, "x1": centre + radius, "y0": -radius, "y1": radius}
    return {"type": "circle", **box, "line": {"color": colour, "width": 2}, "fillcolor": colour, "opacity": 0.35}


def _title(name: str, count: int, x: float, side: str, colour: str) -> dict[str, Any]:
    text = f'<span style="color:{colour}">⬤</span> <b>{name}</b>: {count:,} edges'
    return {"x": x, "y": 1.28, "xanchor": side, "yanchor": "top", "text": text, "showarrow": False}


def _part_labels(agreement: PairAgreement, circles: Circles) -> list[dict[str, Any]]:
    """A count in each part that is not empty, or below it on a line where the part is too narrow."""
    (low, high), (begin, end) = circles.ends, circles.shared
    start_b = circles.distance - circles.radius_b
    parts = [
        (agreement.only_a, "only in A", -circles.radius_a, min(circles.radius_a, max(start_b, -circles.radius_a))),
        (agreement.common, "in both", begin, end),
        (agreement.only_b, "only in B", max(circles.radius_a, start_b), high),
    ]
    if circles.radius_b > circles.radius_a:  # A may lie inside B, which then goes on to its left
        parts[2] = (parts[2][0], "only in B", *_widest((low, -circles.radius_a), (circles.radius_a, high)))
    elif circles.radius_a > circles.radius_b:
        reach = circles.distance + circles.radius_b
        parts[0] = (parts[0][0], "only in A", *_widest((low, start_b), (reach, circles.radius_a)))
    return [_part_label(f"<b>{count:,}</b><br>{name}", start, stop) for count, name, start, stop in parts if count]


def _widest(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The wider of two stretches."""
    return max(one, other, key=lambda stretch: stretch[1] - stretch[0])


def _part_label(text: str, start: float, stop: float) -> dict[str, Any]:
    inside = {"x": (start + stop) / 2, "y": 0, "text": text, "showarrow": False}
    if stop - start >= _WIDE_ENOUGH:
        return inside
    line = {"showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": NEUTRAL, "ax": 0, "ay": _BELOW_PX}
    return {**inside, **line}


def pair_space(agreement: PairAgreement, text_colour: str) -> go.Figure:
    """What A (rows) and B (columns) hold of every pair, as a table of counts coloured by what they mean."""
    counts = agreement.counts[np.ix_(_ORDER, _ORDER)]
    strength = np.sqrt(counts / max(int(counts.max()), 1))  # so that small counts are still seen
    figure = go.Figure()
    for meaning, (name, colour) in _MEANINGS.items():
        cells = np.array([[cell == meaning for cell in row] for row in _CELLS])
        figure.add_heatmap(
            z=np.where(cells, strength, np.nan),
            zmin=0,
            zmax=1,
            colorscale=[[0, _faded(colour, _PALEST)], [1, _faded(colour, _STRONGEST)]],
            customdata=[[_cell_text(i, j, int(counts[i, j]), agreement.n_pairs) for j in range(4)] for i in range(4)],
            hovertemplate=f"{name}<br>%{{customdata}}<extra></extra>",
            hoverongaps=False,
            showscale=False,
            xgap=3,
            ygap=3,
        )
        figure.add_scatter(  # a heatmap has no key of its own
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": "square", "size": 11, "color": colour, "opacity": _STRONGEST},
            name=name,
        )
    axis = {"tickvals": [0, 1, 2, 3], "showgrid": False, "zeroline": False, "fixedrange": True, "ticks": ""}
    figure.update_layout(
        chart_layout(
            height=_CHART_PX,
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            legend={"orientation": "h", "yanchor": "top", "y": -0.04, "x": 0},
            xaxis={**axis, "side": "top", "ticktext": _totals(counts.sum(axis=0)), "title": "What B says"},
            yaxis={**axis, "autorange": "reversed", "ticktext": _totals(counts.sum(axis=1)), "title": "What A says"},
            annotations=[_cell_label(j, i, f"{int(counts[i, j]):,}", text_colour) for i in range(4) for j in range(4)],
        )
    )
    return figure


def _cell_text(row: int, column: int, count: int, n_pairs: int) -> str:
    return f"{count:,} pairs ({percent(count / max(n_pairs, 1))} of all): A {_HOLDS[row]}, B {_HOLDS[column]}"


def _cell_label(x: int, y: int, text: str, colour: str) -> dict[str, Any]:
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": {"color": colour, "size": 13}}


def _totals(totals: Any) -> list[str]:
    return [f"<b>{name}</b><br>{int(total):,}" for name, total in zip(_HOLDS, totals, strict=True)]


def modality_shares(
    comparison: GraphComparison,
    share: Callable[[ModalityPairAgreement], float | None],
    name: str,
    text_colour: str,
) -> go.Figure:
    """One share per two modalities, the lower half of a square; hover gives the counts."""
    names = list(dict.fromkeys(n for part in comparison.by_modality_pair for n in (part.modality_a, part.modality_b)))
    place = {modality: i for i, modality in enumerate(names)}
    size = len(names)
    values = np.full((size, size), np.nan)
    texts = np.full((size, size), "", dtype=object)
    annotations = []
    for part in comparison.by_modality_pair:
        i, j = place[part.modality_b], place[part.modality_a]
        value = share(part)
        if value is not None:
            values[i, j] = value
        texts[i, j] = _part_text(part)
        annotations.append(_cell_label(j, i, "–" if value is None else percent(value), text_colour))
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": "", "title": None}
    figure = go.Figure(
        go.Heatmap(
            z=values[1:, :-1],
            x=list(range(size - 1)),
            y=list(range(1, size)),
            zmin=0,
            zmax=1,
            colorscale=[[0, _faded(SAME, 0.05)], [1, _faded(SAME, _STRONGEST)]],
            customdata=texts[1:, :-1],
            hovertemplate=f"%{{customdata}}<br>{in_chart(name)}: %{{z:.1%}}<extra></extra>",
            hoverongaps=False,
            showscale=False,
            xgap=3,
            ygap=3,
        )
    )
    shown = [in_chart(modality) for modality in names]  # plotly knows no entity of a quotation mark
    figure.update_layout(
        chart_layout(
            height=50 + 46 * (size - 1),
            margin={"l": 8, "r": 8, "t": 8, "b": 8},
            xaxis={**axis, "tickvals": list(range(size - 1)), "ticktext": shown[:-1], "side": "bottom"},
            yaxis={**axis, "tickvals": list(range(1, size)), "ticktext": shown[1:], "autorange": "reversed"},
            annotations=annotations,
        )
    )
    return figure


def _part_text(part: ModalityPairAgreement) -> str:
    return (
        f"<b>{in_chart(f'{part.modality_a} × {part.modality_b}')}</b><br>{part.n_pairs:,} pairs · "
        f"{part.edges_a:,} edges in A, {part.edges_b:,} in B, {part.common:,} in both"
    )


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"

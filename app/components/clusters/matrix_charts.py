"""How groups of attributes go with each other, as a grid with a cell for every two groups."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.components.plain_text import in_chart
from app.theme import NEGATIVE, NEUTRAL, POSITIVE, chart_layout
from core.graph.structure import Blocks

_LONGEST_NAME: Final = 34
_MOST_LABELLED: Final = 60  # rows that can still be named beside the grid
_MOST_NAMED: Final = 40  # columns that leave room for a name each
_MOST_FLAT: Final = 48  # characters that stand beside each other in a narrow window
_MOST_WRITTEN: Final = 16  # columns that leave room for a number in each cell
_LEAST_CELL_PX, _CELL_PX, _MOST_PX = 9, 30, 760
_FULL_FROM: Final = 0.55  # strength of a colour from which its own text is read more easily on it than the page's


class Measure(StrEnum):
    """What the colour of a cell says of the pairs between two groups."""

    LEANING = "leaning"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    DENSITY = "density"


_ON_FULL: Final = {
    Measure.LEANING: "white",
    Measure.POSITIVE: "white",
    Measure.NEGATIVE: "white",
    Measure.DENSITY: "#1c2333",
}
MEASURE_NAMES: Final = {
    Measure.LEANING: "Balance of + and −",
    Measure.POSITIVE: "Share of +",
    Measure.NEGATIVE: "Share of −",
    Measure.DENSITY: "Share of both",
}
MEASURE_MEANINGS: Final = {
    Measure.LEANING: "How many more edges are + than −, as a share of all: +1 where all are +, −1 where all are −.",
    Measure.POSITIVE: "Of all pairs between the two groups, those that work together.",
    Measure.NEGATIVE: "Of all pairs between the two groups, those that conflict.",
    Measure.DENSITY: "Of all pairs between the two groups, those that are an edge, + or −.",
}


def matrix_values(blocks: Blocks, measure: Measure) -> NDArray[np.float64]:
    """The measure for every two groups, float64 [G, G]; NaN where there is nothing to measure."""
    return {
        Measure.LEANING: blocks.leaning,
        Measure.POSITIVE: blocks.share_positive,
        Measure.NEGATIVE: blocks.share_negative,
        Measure.DENSITY: blocks.density,
    }[measure]


def block_matrix(
    blocks: Blocks,
    names: Sequence[str],
    rows: Sequence[int],
    columns: Sequence[int],
    measure: Measure,
    text_colour: str,
) -> go.Figure:
    """A cell for every two groups; `rows` and `columns` number the groups drawn, `names` names all of them.

    `customdata` of the point in each cell is the numbers of its two groups.
    """
    values = matrix_values(blocks, measure)[np.ix_(list(rows), list(columns))]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            xgap=1,
            ygap=1,
            hoverinfo="skip",
            hoverongaps=False,
            colorbar={"thickness": 12, "outlinewidth": 0, "tickformat": _ticks(measure), "len": 0.9},
            **_colours(measure, values),
        )
    )
    y, x = np.nonzero(blocks.n_pairs[np.ix_(list(rows), list(columns))])
    cell_px = _cell_px(len(rows))
    figure.add_scatter(  # heatmaps have no points to click: these lie on the cells, unseen
        x=x,
        y=y,
        mode="markers",
        marker={"symbol": "square", "size": cell_px, "opacity": 0},
        customdata=[[rows[i], columns[j]] for i, j in zip(y.tolist(), x.tolist(), strict=True)],
        text=[_hover_text(blocks, names, rows[i], columns[j]) for i, j in zip(y.tolist(), x.tolist(), strict=True)],
        hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
    )
    if len(columns) <= _MOST_WRITTEN:
        _write_values(figure, values, measure, text_colour)
    ticks = {"showgrid": False, "zeroline": False, "ticks": ""}
    shown = [_short(name) for name in names]
    figure.update_layout(
        chart_layout(
            height=70 + cell_px * len(rows) + _names_px([shown[g] for g in columns]),
            margin={"l": 8, "r": 8, "t": 16, "b": 8},
            xaxis={
                **ticks,
                **_labels([shown[g] for g in columns], _MOST_NAMED),
                "tickangle": 0 if _is_flat([shown[g] for g in columns]) else -45,
                "range": [-0.5, len(columns) - 0.5],
            },
            yaxis={**ticks, **_labels([shown[g] for g in rows], _MOST_LABELLED), "range": [len(rows) - 0.5, -0.5]},
            clickmode="event+select",
            dragmode=False,
            hovermode="closest",
        )
    )
    return figure


def written_value(value: float, measure: Measure) -> str:
    """A cell's value as people read it; a dash where there is nothing to measure."""
    if np.isnan(value):
        return "–"
    return f"{value:+.2f}".replace("-", "−") if measure is Measure.LEANING else f"{value:.0%}"


def _ticks(measure: Measure) -> str:
    return "+.1f" if measure is Measure.LEANING else ".0%"


def _colours(measure: Measure, values: NDArray[np.float64]) -> dict[str, Any]:
    """From no colour at all, so that nothing looks the same on light and dark ground, to the full colour."""
    if measure is Measure.LEANING:
        scale = [[0, NEGATIVE], [0.5, _clear(NEUTRAL)], [1, POSITIVE]]
        return {"zmin": -1, "zmax": 1, "colorscale": scale}
    colour = {Measure.POSITIVE: POSITIVE, Measure.NEGATIVE: NEGATIVE, Measure.DENSITY: NEUTRAL}[measure]
    highest = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0
    return {"zmin": 0, "zmax": max(highest, 0.01), "colorscale": [[0, _clear(colour)], [1, colour]]}


def _clear(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.08)"


def _hover_text(blocks: Blocks, names: Sequence[str], a: int, b: int) -> str:
    n_positive, n_negative = int(blocks.n_positive[a, b]), int(blocks.n_negative[a, b])
    leaning = written_value(float(blocks.leaning[a, b]), Measure.LEANING)
    return (
        f"<b>{in_chart(names[a])}</b> ×<br><b>{in_chart(names[b])}</b><br>{int(blocks.n_pairs[a, b]):,} pairs: "
        f"{n_positive:,} + ({blocks.share_positive[a, b]:.0%}), {n_negative:,} − ({blocks.share_negative[a, b]:.0%})"
        f"<br>Balance {leaning}"
    )


def _write_values(figure: go.Figure, values: NDArray[np.float64], measure: Measure, text_colour: str) -> None:
    strength = np.abs(values) / max(float(np.nanmax(np.abs(values))), 0.01) if np.isfinite(values).any() else values
    for is_full, colour in ((True, _ON_FULL[measure]), (False, text_colour)):
        y, x = np.nonzero(np.isfinite(values) & ((strength >= _FULL_FROM) == is_full))
        if len(x):
            texts = [written_value(float(value), measure) for value in values[y, x]]
            font = {"size": 12, "color": colour}
            figure.add_scatter(x=x, y=y, text=texts, mode="text", textfont=font, hoverinfo="skip", showlegend=False)


def _is_flat(names: list[str]) -> bool:
    """Few and short enough to stand beside each other, as modalities do."""
    return max(map(len, names), default=0) * len(names) <= _MOST_FLAT


def _names_px(names: list[str]) -> int:
    """The room below the cells for the names of their columns."""
    return 0 if len(names) > _MOST_NAMED or _is_flat(names) else 130


def _labels(names: list[str], most: int) -> dict[str, Any]:
    if len(names) > most:
        return {"showticklabels": False}
    return {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names}


def _short(name: str) -> str:
    return in_chart(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…")


def _cell_px(n_rows: int) -> int:
    return max(_LEAST_CELL_PX, min(_CELL_PX, _MOST_PX // max(n_rows, 1)))

"""Scores of cluster pairs as pictures: the band between the thresholds, and a grid of two modalities."""

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.cluster_tables import Cell, ScoreGrid, cluster_name
from app.components.plain_text import in_chart
from app.theme import NEGATIVE, NEUTRAL, POSITIVE, UNJUDGED, UNRESOLVED, chart_layout
from core.graph.strategies.cluster.scores import ClusterPairScores, ScoreState
from core.graph.strategies.cluster.settings import HIGHEST_SCORE, LOWEST_SCORE, ClusterStrategySettings

CELL_NAMES: Final = {
    Cell.NEGATIVE_INHERITS: "− taken over",
    Cell.NEGATIVE_ASKED: "− asked",
    Cell.LEFT_OUT: "Neutral band: left out",
    Cell.POSITIVE_ASKED: "+ asked",
    Cell.POSITIVE_INHERITS: "+ taken over",
    Cell.NOT_VIABLE: "× Not viable",
    Cell.UNANSWERED: "? No usable answer: asked",
    Cell.UNKNOWN: "… Not scored yet",
}
_LOOK: Final[dict[Cell, tuple[str, float]]] = {
    Cell.NEGATIVE_INHERITS: (NEGATIVE, 1.0),
    Cell.NEGATIVE_ASKED: (NEGATIVE, 0.5),
    Cell.LEFT_OUT: (NEUTRAL, 0.4),
    Cell.POSITIVE_ASKED: (POSITIVE, 0.5),
    Cell.POSITIVE_INHERITS: (POSITIVE, 1.0),
    Cell.NOT_VIABLE: (UNJUDGED, 0.25),
    Cell.UNANSWERED: (UNRESOLVED, 0.8),
    Cell.UNKNOWN: (UNJUDGED, 0.08),
}
ON_FULL_COLOUR: Final = "white"
_MARKS: Final = {Cell.NOT_VIABLE: "×", Cell.UNANSWERED: "?", Cell.UNKNOWN: "…"}
_BINS: Final = 40
_MOST_LABELLED: Final = 45  # rows that can still be named beside the grid
_MOST_WRITTEN: Final = 26  # columns that leave room for a name each and a number in each cell
_NAME_LENGTH: Final = 30
_LEAST_CELL_PX, _CELL_PX, _MOST_PX = 9, 30, 900


def score_band(scores: ClusterPairScores, settings: ClusterStrategySettings) -> go.Figure:
    """How many cluster pairs have which score, with the neutral band between the thresholds drawn grey."""
    figure = go.Figure()
    values = scores.value[scores.state == ScoreState.SCORED]
    counts, edges = np.histogram(values, bins=_BINS, range=(LOWEST_SCORE, HIGHEST_SCORE))
    centres = (edges[:-1] + edges[1:]) / 2
    figure.add_bar(
        x=centres,
        y=counts,
        customdata=np.stack([edges[:-1], edges[1:]], axis=1),
        marker={"color": NEUTRAL},
        hovertemplate="%{y:,} cluster pairs score %{customdata[0]:.2f} to %{customdata[1]:.2f}<extra></extra>",
    )
    for low, high, cell in _bands(settings):
        if high > low:
            colour, strength = _LOOK[cell]
            figure.add_vrect(
                x0=low, x1=high, fillcolor=colour, opacity=0.12 + 0.26 * (strength == 1.0), line_width=0, layer="below"
            )
    for threshold, colour in ((settings.negative_to, NEGATIVE), (settings.positive_from, POSITIVE)):
        figure.add_vline(x=threshold, line={"color": colour, "width": 2})
    middle = (settings.negative_to + settings.positive_from) / 2
    words = ((LOWEST_SCORE, "− conflict", "left"), (middle, "neutral", "center"), (HIGHEST_SCORE, "+ fit", "right"))
    for x, text, anchor in words:
        figure.add_annotation(x=x, y=1, yref="paper", yanchor="bottom", text=text, showarrow=False, xanchor=anchor)
    figure.update_layout(
        chart_layout(
            height=330,
            bargap=0.1,
            showlegend=False,
            margin={"l": 8, "r": 8, "t": 28, "b": 8},
            xaxis={"range": [LOWEST_SCORE, HIGHEST_SCORE], "dtick": 1, "title": "Score of a cluster pair"},
            yaxis={"title": "Cluster pairs", "rangemode": "tozero"},
        )
    )
    return figure


def score_matrix(grid: ScoreGrid, *, counts_pairs: bool, text_colour: str) -> go.Figure:
    """One cell per pair of clusters, in the colour of what becomes of it; `*` marks scores written by hand.

    `counts_pairs`: hover tells how many pairs of attributes are asked and how many take the sign over.
    """
    figure = go.Figure()
    rows, columns = (_axis_names([cluster_name(cluster) for cluster in side]) for side in (grid.rows, grid.columns))
    n_rows, n_columns = grid.cell.shape
    texts, hover = _cell_texts(grid), _hover_texts(grid, counts_pairs=counts_pairs)
    for cell in Cell:
        is_here = grid.cell == cell
        colour, opacity = _LOOK[cell]
        if not is_here.any():
            continue
        figure.add_heatmap(
            z=np.where(is_here, 1.0, np.nan),
            x=list(range(n_columns)),
            y=list(range(n_rows)),
            zmin=0,
            zmax=1,
            colorscale=[[0, colour], [1, colour]],
            opacity=opacity,
            showscale=False,
            hoverongaps=False,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
            xgap=1,
            ygap=1,
        )
        figure.add_scatter(  # a heatmap has no key of its own
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": "square", "size": 11, "color": colour, "opacity": max(opacity, 0.25)},
            name=CELL_NAMES[cell],
        )
    if n_columns <= _MOST_WRITTEN:
        _write_texts(figure, grid, texts, text_colour)
    ticks = {"showgrid": False, "zeroline": False, "ticks": ""}
    figure.update_layout(
        chart_layout(
            height=_height(n_rows, has_names=n_columns <= _MOST_WRITTEN),
            margin={"l": 8, "r": 8, "t": 56, "b": 8},
            xaxis={**ticks, **_labels(columns, _MOST_WRITTEN), "tickangle": -45, "range": [-0.5, n_columns - 0.5]},
            yaxis={**ticks, **_labels(rows, _MOST_LABELLED), "range": [n_rows - 0.5, -0.5]},
        )
    )
    return figure


def score_text(value: float) -> str:
    """A score with two decimals at most, without zeros at its end."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _bands(settings: ClusterStrategySettings) -> list[tuple[float, float, Cell]]:
    """From the lowest score to the highest: what the thresholds make of each stretch."""
    inherits = settings.auto_inherit
    low = settings.inherit_negative_to if inherits else LOWEST_SCORE
    high = settings.inherit_positive_from if inherits else HIGHEST_SCORE
    return [
        (LOWEST_SCORE, low, Cell.NEGATIVE_INHERITS),
        (low, settings.negative_to, Cell.NEGATIVE_ASKED),
        (settings.negative_to, settings.positive_from, Cell.LEFT_OUT),
        (settings.positive_from, high, Cell.POSITIVE_ASKED),
        (high, HIGHEST_SCORE, Cell.POSITIVE_INHERITS),
    ]


def _write_texts(figure: go.Figure, grid: ScoreGrid, texts: NDArray[np.str_], text_colour: str) -> None:
    """The scores in their cells: white where the colour is full, the page's own colour elsewhere."""
    is_full = np.isin(grid.cell, (Cell.NEGATIVE_INHERITS, Cell.POSITIVE_INHERITS))
    for mask, colour in ((is_full, ON_FULL_COLOUR), (~is_full, text_colour)):
        y, x = np.nonzero(mask)
        if len(x):
            font = {"size": 12, "color": colour}
            figure.add_scatter(
                x=x, y=y, text=texts[mask], mode="text", textfont=font, hoverinfo="skip", showlegend=False
            )


def _cell_texts(grid: ScoreGrid) -> NDArray[np.str_]:
    """What stands in each cell, [R, C]: the score, or a mark that is no number."""
    texts = [
        [
            _MARKS.get(Cell(cell), score_text(value)) + "*" * edited
            for value, cell, edited in zip(values, cells, edits, strict=True)
        ]
        for values, cells, edits in zip(grid.value.tolist(), grid.cell.tolist(), grid.is_edited.tolist(), strict=True)
    ]
    return np.array(texts, dtype=np.str_)


def _hover_texts(grid: ScoreGrid, *, counts_pairs: bool) -> list[list[str]]:
    lines: list[list[str]] = []
    for i, row in enumerate(grid.rows):
        lines.append([])
        for j, column in enumerate(grid.columns):
            cell = Cell(int(grid.cell[i, j]))
            score = "" if np.isnan(grid.value[i, j]) else f"score {score_text(float(grid.value[i, j]))} · "
            edited = " · by hand" if grid.is_edited[i, j] else ""
            n_all = len(row) * len(column)
            asked, taken = int(grid.asked[i, j]), int(grid.inherited[i, j])
            pairs = f"<br>{n_all:,} pairs: {asked:,} asked, {taken:,} taken over" if counts_pairs else ""
            names = f"<b>{in_chart(cluster_name(row))} × {in_chart(cluster_name(column))}</b>"
            lines[-1].append(f"{names}<br>{score}{CELL_NAMES[cell]}{edited}{pairs}")
    return lines


def _labels(names: list[str], most: int) -> dict[str, Any]:
    if len(names) > most:
        return {"showticklabels": False}
    return {"tickmode": "array", "tickvals": list(range(len(names))), "ticktext": names}


def _axis_names(names: list[str]) -> list[str]:
    return [in_chart(name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…") for name in names]


def _height(n_rows: int, *, has_names: bool) -> int:
    cell = max(_LEAST_CELL_PX, min(_CELL_PX, _MOST_PX // n_rows))
    return 90 + cell * n_rows + 110 * has_names

"""The same small picture for every method, side by side: relations of columns, rows on two axes, what gives it away."""

import math
from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.components.plain_text import in_chart, shortened
from app.components.tabular.method_styles import MethodStyle
from app.theme import CATEGORY_COLOURS, NEGATIVE, NEUTRAL, POSITIVE, chart_layout
from core.tabular.report.fidelity_model import Reference
from core.tabular.report.model import MethodReport

_COLUMNS: Final = 4
_HEATMAPS: Final = 3
_HEATMAP_PX: Final = 330
_MOST_DIFFERENCE: Final = 0.3  # what is further off is drawn as strongly
_POINTS_PX: Final = 270
_BARS_PX: Final = 215
_NAME: Final = 16
_MOST_FEATURES: Final = 5
_MADE: Final = CATEGORY_COLOURS[0]


def association_panels(
    reference: Reference, methods: Sequence[MethodReport], styles: dict[str, MethodStyle], *, is_difference: bool
) -> go.Figure:
    """A heatmap per table of how strongly its columns go with each other, or of what is too strong and too weak."""
    names = [in_chart(shortened(column.column, _NAME)) for column in reference.columns]
    drawn = [(styles[m.name].label, m.fidelity.associations) for m in methods if m.fidelity is not None]
    if not is_difference:
        drawn = [("Real rows set aside", reference.associations), *drawn]
    figure = _grid([label for label, _ in drawn], shares_axes=True, columns=_HEATMAPS)
    for number, (label, values) in enumerate(drawn):
        z = _difference(values, reference.associations) if is_difference else values
        figure.add_heatmap(
            z=z,
            x=names,
            y=names,
            coloraxis="coloraxis",
            xgap=1,
            ygap=1,
            hovertemplate=f"{label}<br>%{{y}} and %{{x}}: %{{z:.2f}}<extra></extra>",
            **_place(number, _HEATMAPS),
        )
    title = "+ too strong,<br>− too weak" if is_difference else "Strength"
    end = _MOST_DIFFERENCE if is_difference else 1.0
    figure.update_layout(
        chart_layout(
            height=110 + _HEATMAP_PX * _n_rows(len(drawn), _HEATMAPS),
            margin={"l": 8, "r": 8, "t": 40, "b": 8},
            coloraxis={
                "cmin": -end,
                "cmax": end,
                "colorscale": [[0, NEGATIVE], [0.5, "rgba(154,163,178,0.10)"], [1, POSITIVE]],
                "colorbar": {
                    "title": title,
                    "thickness": 10,
                    "len": 260,
                    "lenmode": "pixels",
                    "y": 1,
                    "yanchor": "top",
                },
            },
        )
    )
    figure.update_yaxes(autorange="reversed", tickfont={"size": 9}, dtick=1)
    figure.update_xaxes(tickfont={"size": 9}, tickangle=-60, dtick=1)
    for number in range(max(len(drawn) - _HEATMAPS, 0), len(drawn)):  # the lowest of each column names the columns
        figure.update_xaxes(showticklabels=True, **_place(number, _HEATMAPS))
    return figure


def projection_panels(
    reference: Reference, methods: Sequence[MethodReport], styles: dict[str, MethodStyle]
) -> go.Figure:
    """Rows of every table on the two main axes of the real ones, which lie below them in grey."""
    drawn = [(styles[m.name], m.fidelity.projection) for m in methods if m.fidelity is not None]
    figure = _grid([style.label for style, _ in drawn], shares_axes=True)
    for number, (_, points) in enumerate(drawn):
        _points(figure, reference.projection, NEUTRAL, 0.25, number)
        _points(figure, points, _MADE, 0.55, number)
    figure.update_layout(
        chart_layout(
            height=40 + _POINTS_PX * _n_rows(len(drawn)), margin={"l": 8, "r": 8, "t": 40, "b": 8}, showlegend=False
        )
    )
    figure.update_xaxes(showticklabels=False, zeroline=False, showgrid=False)
    figure.update_yaxes(showticklabels=False, zeroline=False, showgrid=False)
    return figure


def giveaway_panels(methods: Sequence[MethodReport], styles: dict[str, MethodStyle]) -> go.Figure:
    """For every table, the features by which it is told from real rows: what the discriminator loses without each."""
    drawn = [(styles[m.name], m.fidelity.discriminator) for m in methods if m.fidelity is not None]
    titles = [f"{style.label} · AUC {found.auc.value:.3f}" for style, found in drawn]
    figure = _grid(titles, shares_axes=False, columns=3)
    highest = max((g.auc_drop for _, found in drawn for g in found.giveaways), default=0.0)
    for number, (style, found) in enumerate(drawn):
        top = [g for g in found.giveaways if g.auc_drop > 0][:_MOST_FEATURES]
        place = _place(number, 3)
        figure.add_bar(
            x=[g.auc_drop for g in top],
            y=[in_chart(shortened(g.feature, 26)) for g in top],
            orientation="h",
            marker={"color": style.colour},
            hovertemplate="%{y}: %{x:.3f} of AUC<extra></extra>",
            **place,
        )
        if not top:
            figure.add_annotation(
                x=0.5, y=0.5, xref="x domain", yref="y domain", text="nothing stands out", showarrow=False, **place
            )
    figure.update_layout(
        chart_layout(
            height=40 + _BARS_PX * _n_rows(len(drawn), 3), margin={"l": 8, "r": 8, "t": 40, "b": 8}, showlegend=False
        )
    )
    figure.update_yaxes(autorange="reversed", ticksuffix="  ", tickfont={"size": 11}, showgrid=False)
    figure.update_xaxes(range=[0, highest * 1.05 or 1.0], tickformat=".2f", zeroline=False)
    return figure


def _points(figure: go.Figure, points: Sequence[tuple[float, float]], colour: str, opacity: float, number: int) -> None:
    figure.add_scattergl(
        x=[x for x, _ in points],
        y=[y for _, y in points],
        mode="markers",
        marker={"size": 3, "color": colour, "opacity": opacity},
        hoverinfo="skip",
        **_place(number),
    )


def _grid(titles: Sequence[str], *, shares_axes: bool, columns: int = _COLUMNS) -> go.Figure:
    n_rows = _n_rows(len(titles), columns)
    shared: dict[str, Any] = {"shared_xaxes": "all", "shared_yaxes": "all"} if shares_axes else {}
    figure = make_subplots(
        n_rows,
        columns,
        subplot_titles=list(titles),
        horizontal_spacing=0.02 if shares_axes else 0.13,
        vertical_spacing=min(0.3 / n_rows, 0.14),
        **shared,
    )
    figure.update_annotations(font={"size": 12})
    return figure


def _place(number: int, columns: int = _COLUMNS) -> dict[str, int]:
    return {"row": number // columns + 1, "col": number % columns + 1}


def _n_rows(n: int, columns: int = _COLUMNS) -> int:
    return max(math.ceil(n / columns), 1)


def _difference(values: Sequence[Sequence[float]], reference: Sequence[Sequence[float]]) -> list[list[float]]:
    """How much stronger than in the real rows, whichever way the columns go together: 0 is as it should be."""
    return [
        [(a - b) * (1 if b >= 0 else -1) for a, b in zip(row, real, strict=True)]
        for row, real in zip(values, reference, strict=True)
    ]

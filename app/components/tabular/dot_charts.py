"""One figure of every method as a line of dots: whatever can be read off one axis is drawn this way."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import plotly.graph_objects as go

from app.components.tabular.method_styles import MethodStyle
from app.theme import NEUTRAL, chart_layout
from core.tabular.report.frozen import Interval
from core.tabular.report.model import MethodReport

_ROW_PX: Final = 27
_SIZE: Final = 10
_SYMBOLS: Final = ("circle", "diamond", "triangle-left", "square")

Value = Interval | float | None


class Series(NamedTuple):
    """One kind of figure: what the legend calls it, and how it is read off a method."""

    name: str
    read: Callable[[MethodReport], Value]


class _Place(NamedTuple):
    """Which of so many series this is; each lies a little above the next one, so that no interval hides another."""

    number: int
    n_series: int

    @property
    def shift(self) -> float:
        """Rows away from the middle of its line."""
        return 0.0 if self.n_series < 2 else 0.44 * (self.number / (self.n_series - 1) - 0.5)


class Ideal(NamedTuple):
    """A line to hold the figures against."""

    at: float
    name: str


def dot_chart(
    methods: Sequence[MethodReport],
    styles: dict[str, MethodStyle],
    series: Sequence[Series],
    axis: str,
    ideals: Sequence[Ideal] = (),
    *,
    tickformat: str = ".2f",
) -> go.Figure:
    """A row per method, anchors on top; the first series is filled, others hollow and of another form.

    A method without a figure keeps its row and says so.
    """
    figure = go.Figure()
    labels = [styles[method.name].label for method in methods]
    for number, one in enumerate(series):
        _dots(figure, methods, styles, one, _Place(number, len(series)), tickformat)
    for row, method in enumerate(methods):
        if all(one.read(method) is None for one in series):
            figure.add_annotation(
                x=1, xref="paper", xanchor="right", y=row, text="no such figure", showarrow=False, font={"size": 11}
            )
    for number, ideal in enumerate(ideals):
        figure.add_vline(
            x=ideal.at,
            line={"color": NEUTRAL, "width": 1.5, "dash": "dash" if number else "solid"},
            annotation={"text": ideal.name, "font": {"size": 11}, "yshift": 14 * (number % 2)},
            annotation_position="top",
        )
    figure.update_layout(_layout(labels, axis, tickformat, n_series=len(series), n_ideals=len(ideals)))
    return figure


def _dots(
    figure: go.Figure,
    methods: Sequence[MethodReport],
    styles: dict[str, MethodStyle],
    series: Series,
    place: "_Place",
    tickformat: str,
) -> None:
    found = [(row, styles[m.name], series.read(m)) for row, m in enumerate(methods)]
    rows = [row + place.shift for row, _, value in found if value is not None]
    known = [(style, value) for _, style, value in found if value is not None]
    if not known:
        return
    middles = [_middle(value) for _, value in known]
    figure.add_scatter(
        x=middles,
        y=rows,
        mode="markers",
        name=series.name,
        marker={
            "symbol": _SYMBOLS[place.number % len(_SYMBOLS)] + ("-open" if place.number else ""),
            "size": _SIZE,
            "color": [style.colour for style, _ in known],
            "line": {"width": 2, "color": [style.colour for style, _ in known]},
        },
        error_x=_bars([value for _, value in known]),
        text=[f"{style.label}<br>{series.name} {_text(value, tickformat)}" for style, value in known],
        hovertemplate="%{text}<extra></extra>",
    )


def _middle(value: Interval | float) -> float:
    return value.value if isinstance(value, Interval) else value


def _text(value: Interval | float, tickformat: str) -> str:
    kind = ".3f" if tickformat == ".2f" else tickformat
    if isinstance(value, Interval):
        return f"{value.value:{kind}} (95% interval {value.low:{kind}} to {value.high:{kind}})"
    return f"{value:{kind}}"


def _bars(values: Sequence[Interval | float]) -> dict[str, Any] | None:
    """Interval bars; a figure without an interval has none."""
    if not any(isinstance(value, Interval) for value in values):
        return None
    up = [value.high - value.value if isinstance(value, Interval) else 0.0 for value in values]
    down = [value.value - value.low if isinstance(value, Interval) else 0.0 for value in values]
    bars = {"type": "data", "symmetric": False, "array": up, "arrayminus": down}
    return {**bars, "color": NEUTRAL, "thickness": 1.5, "width": 4}


def _layout(labels: Sequence[str], axis: str, tickformat: str, *, n_series: int, n_ideals: int) -> dict[str, Any]:
    has_legend = n_series > 1
    row_px = _ROW_PX + 6 * (n_series - 1)
    top = 20 + (26 if n_ideals else 0) + (14 if n_ideals > 1 else 0) + (34 if has_legend else 0)
    return chart_layout(
        height=top + 56 + row_px * max(len(labels), 3),
        margin={"l": 8, "r": 24, "t": top, "b": 8},
        showlegend=has_legend,
        legend={"orientation": "h", "yanchor": "top", "yref": "container", "y": 1.0, "x": 0, "itemsizing": "constant"},
        xaxis={"title": axis, "tickformat": tickformat, "zeroline": False},
        yaxis={
            "range": [len(labels) - 0.4, -0.6],
            "tickvals": list(range(len(labels))),
            "ticktext": list(labels),
            "title": None,
            "ticksuffix": "  ",
            "showgrid": True,
            "zeroline": False,
            "fixedrange": True,
        },
    )

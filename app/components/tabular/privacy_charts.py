"""How near made rows come to real ones, beside how near the holdout's own rows come; and how far attacks got."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.components.plain_text import in_chart
from app.components.tabular.method_styles import MethodStyle
from app.theme import NEUTRAL, chart_layout
from core.tabular.report.model import MethodReport
from core.tabular.report.privacy_model import Attack, Privacy, Spread

_ROW_PX: Final = 30


def spread_chart(
    methods: Sequence[MethodReport],
    styles: dict[str, MethodStyle],
    read: Callable[[Privacy], tuple[Spread, Spread]],
    axis: str,
) -> go.Figure:
    """For every table the middle half of its rows as a bar, 90 % as a line; dashed, the holdout's own 5 % and middle.

    `read` gives the table's spread and the holdout's own.
    """
    figure = go.Figure()
    known = [(styles[m.name], *read(m.privacy)) for m in methods if m.privacy is not None]
    for style, own, _ in known:
        for ends, width in (((own.p5, own.p95), 2), ((own.p25, own.p75), 9)):
            figure.add_scatter(
                x=list(ends), y=[style.label] * 2, mode="lines", line={"color": style.colour, "width": width},
                hoverinfo="skip",
            )  # fmt: skip
        figure.add_scatter(
            x=[own.p50],
            y=[style.label],
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 15, "color": style.colour, "line": {"width": 3}},
            hovertemplate=f"{style.label}<br>middle {own.p50:.3f}, of 90% {own.p5:.3f} to {own.p95:.3f}<extra></extra>",
        )
    if known:
        real = known[0][2]
        for level, (at, name) in enumerate(((real.p5, "holdout, 5%"), (real.p50, "holdout, middle"))):
            figure.add_vline(
                x=at,
                line={"color": NEUTRAL, "width": 1.5, "dash": "dash"},
                annotation={"text": name, "font": {"size": 11}, "yshift": 14 * level},
                annotation_position="top",
            )
    _name_the_rest(figure, methods, styles)
    figure.update_layout(_layout([styles[m.name].label for m in methods], axis))
    return figure


def attack_chart(methods: Sequence[MethodReport], styles: dict[str, MethodStyle], name: str) -> go.Figure:
    """How far one attack got through every table: filled on training rows, hollow on rows that no engine saw."""
    figure = go.Figure()
    known = [(styles[m.name], attack) for m in methods if (attack := _attack(m, name)) is not None]
    for is_control in (False, True):
        values = [attack.control if is_control else attack.success for _, attack in known]
        figure.add_scatter(
            x=[value.value for value in values],
            y=[style.label for style, _ in known],
            mode="markers",
            name="On rows that no engine saw" if is_control else "On rows learnt from",
            marker={
                "symbol": "circle-open" if is_control else "circle",
                "size": 10,
                "color": [style.colour for style, _ in known],
                "line": {"width": 2, "color": [style.colour for style, _ in known]},
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [value.high - value.value for value in values],
                "arrayminus": [value.value - value.low for value in values],
                "color": NEUTRAL,
                "thickness": 1.5,
                "width": 4,
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    _name_the_rest(figure, methods, styles, name)
    axis = in_chart(known[0][1].measure) if known else ""
    figure.update_layout(_layout([styles[m.name].label for m in methods], axis, has_legend=True))
    return figure


def _attack(method: MethodReport, name: str) -> Attack | None:
    if method.privacy is None:
        return None
    return next((attack for attack in method.privacy.attacks if attack.name == name), None)


def _name_the_rest(
    figure: go.Figure, methods: Sequence[MethodReport], styles: dict[str, MethodStyle], attack: str = ""
) -> None:
    """A method without a figure keeps its row and says so."""
    for method in methods:
        if method.privacy is None or (attack and _attack(method, attack) is None):
            figure.add_annotation(
                x=1, xref="paper", xanchor="right", y=styles[method.name].label, text="no such figure",
                showarrow=False, font={"size": 11},
            )  # fmt: skip


def _layout(labels: Sequence[str], axis: str, *, has_legend: bool = False) -> dict[str, Any]:
    return chart_layout(
        height=110 + _ROW_PX * max(len(labels), 3),
        margin={"l": 8, "r": 24, "t": 48, "b": 8},
        showlegend=has_legend,
        xaxis={"title": axis, "tickformat": ".2f", "zeroline": False},
        yaxis={
            "range": [len(labels) - 0.4, -0.6],
            "categoryorder": "array",
            "categoryarray": list(labels),
            "title": None,
            "ticksuffix": "  ",
            "type": "category",
            "fixedrange": True,
        },
    )

"""The chart of the synthesizers' track: the discriminator's AUC of every table with its interval, best on top."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from app.components.plain_text import in_chart, shortened
from app.theme import CATEGORY_COLOURS, NEUTRAL, chart_layout
from core.workflows.tabular_standings import Standing

_ROW_PX: Final = 27
_RANKED, _UNRANKED = CATEGORY_COLOURS[0], CATEGORY_COLOURS[3]


def standings_chart(standings: Sequence[Standing]) -> go.Figure:
    """Ranked tables in green, those without a rank in yellow and hollow, anchors grey and hollow."""
    shown = [one for one in standings if one.line.discriminator is not None]
    names = _names(shown)
    figure = go.Figure()
    groups = (
        ("Ranked", _RANKED, "circle", [one.rank is not None for one in shown]),
        ("No rank: see below", _UNRANKED, "circle-open", [_is_refused(one) for one in shown]),
        ("Anchors", NEUTRAL, "diamond-open", [one.line.is_anchor for one in shown]),
    )
    for name, colour, symbol, chosen in groups:
        found = [
            (one.line.discriminator, label)
            for one, label, is_in in zip(shown, names, chosen, strict=True)
            if is_in and one.line.discriminator
        ]
        if found:
            figure.add_scatter(
                x=[auc.value for auc, _ in found],
                y=[label for _, label in found],
                mode="markers",
                name=name,
                marker={"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2, "color": colour}},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [auc.high - auc.value for auc, _ in found],
                    "arrayminus": [auc.value - auc.low for auc, _ in found],
                    "color": NEUTRAL,
                    "thickness": 1.5,
                    "width": 4,
                },
                hovertemplate="%{y}<br>discriminator AUC %{x:.3f}<extra></extra>",
            )
    line = {"color": NEUTRAL, "width": 1.5}
    figure.add_vline(
        x=0.5, line=line, annotation={"text": "cannot tell", "font": {"size": 11}}, annotation_position="top"
    )
    figure.update_layout(
        chart_layout(
            height=120 + _ROW_PX * max(len(shown), 3),
            margin={"l": 8, "r": 24, "t": 72, "b": 8},
            legend={"orientation": "h", "yanchor": "top", "yref": "container", "y": 1.0, "x": 0},
            xaxis={"title": "ROC AUC of boosted trees, lower is better", "tickformat": ".2f", "zeroline": False},
            yaxis={
                "range": [len(shown) - 0.4, -0.6],
                "categoryorder": "array",
                "categoryarray": names,
                "title": None,
                "ticksuffix": "  ",
                "type": "category",
                "fixedrange": True,
            },
        )
    )
    return figure


def _is_refused(one: Standing) -> bool:
    return one.rank is None and not one.line.is_anchor


def _names(standings: Sequence[Standing]) -> list[str]:
    """Titles, with the id where two are the same."""
    counts = Counter(one.line.title for one in standings)
    return [
        in_chart(shortened(one.line.title, 34) + (f" · {one.line.method[:6]}" if counts[one.line.title] > 1 else ""))
        for one in standings
    ]

"""Curves of a training: what it measured on its way, one chart for measures of one kind."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

import plotly.graph_objects as go

from app.components.plain_text import in_chart
from app.theme import CATEGORY_COLOURS, NEUTRAL, chart_layout
from core.models.report import CurveLine
from core.models.validation import MACRO_F1

_PX: Final = 260
_COUNTED: Final = re.compile(r"(?:epoch|iteration) \d.*$")


class Measures(NamedTuple):
    """Measures that share a chart, by name in the curve and on the page; `help`: what the chart tells."""

    title: str
    names: tuple[tuple[str, str], ...]
    help: str
    is_log: bool = False
    is_share: bool = False


GROUPS: Final = (
    Measures(
        "Score on rows set aside",
        (
            ("validation_macro_f1", "Macro F1"),
            ("validation_accuracy", "Accuracy"),
            ("weighted F1", "Weighted F1"),
        ),
        "Training rows that the model does not learn from. When this stands still, more learning does not help.",
        is_share=True,
    ),
    Measures(
        "Loss",
        (("loss", "On rows learnt from"), ("validation_loss", "On rows set aside")),
        "How far off the stated chances are: lower is better. When the line of the rows set aside rises while the "
        "other falls, the model begins to learn its rows by heart.",
    ),
    Measures(
        "Left to solve",
        (("residual", "Residual"),),
        "How far the estimates of all pairs are from explaining the labels as well as they can; the training stops "
        "when it is small enough. The axis is logarithmic: each line is ten times less.",
        is_log=True,
    ),
    Measures(
        "Not explained",
        (("unexplained", "Share"),),
        "The share of the labels' spread that each combination of kernel weights leaves unexplained, on rows set "
        "aside: the lowest one is taken.",
        is_share=True,
    ),
)
_OTHERS: Final = frozenset({"learning_rate", "flipped_labels", MACRO_F1})  # told elsewhere, if at all


def curve_groups(curve: Sequence[CurveLine]) -> tuple[Measures, ...]:
    """The charts that a curve gives: those known, and one for each measure of a name unknown here."""
    found = dict.fromkeys(name for line in curve for name in line.measures)
    known = {name for group in GROUPS for name, _ in group.names} | _OTHERS
    own = tuple(group for group in GROUPS if any(name in found for name, _ in group.names))
    return (*own, *(Measures(name, ((name, name),), "") for name in found if name not in known))


def curve_chart(curve: Sequence[CurveLine], group: Measures) -> go.Figure:
    """The measures of a group over the time of the training.

    Every fit is a line of its own: those of a search, and on fewer rows, in grey; the last one in colour.
    """
    figure = go.Figure()
    for number, (name, label) in enumerate(group.names):
        fits = _fits([line for line in curve if name in line.measures])
        for place, fit in enumerate(fits):
            is_last = place == len(fits) - 1
            colour = CATEGORY_COLOURS[number] if is_last else NEUTRAL
            figure.add_scatter(
                x=[line.seconds for line in fit],
                y=[line.measures[name] for line in fit],
                mode="lines+markers" if len(fit) < 60 else "lines",
                marker={"size": 5},
                line={"color": colour, "width": 2 if is_last else 1, "dash": "solid" if number == 0 else "dot"},
                name=in_chart(label),
                showlegend=is_last and len(group.names) > 1,
                text=[in_chart(line.note) for line in fit],
                hovertemplate=f"{in_chart(label)} %{{y:.4g}}<br>%{{text}}<extra></extra>",
            )
    shown = (
        {"tickformat": ".2f"}
        if group.is_share
        else {"type": "log", "exponentformat": "power", "dtick": 1}
        if group.is_log
        else {}
    )
    figure.update_layout(
        chart_layout(
            height=_PX,
            xaxis={"title": "Seconds", "showgrid": False, "zeroline": False},
            yaxis={"title": None, "zeroline": False, **shown},
            uirevision=group.title,
        )
    )
    return figure


def _fits(lines: Sequence[CurveLine]) -> list[list[CurveLine]]:
    """The lines of each fit: notes that differ by more than the number of an epoch or iteration part them."""
    fits: list[list[CurveLine]] = []
    before: str | None = None
    for line in lines:
        kind = _COUNTED.sub("", line.note) if _COUNTED.search(line.note) else None
        if not fits or (before is not None and kind != before):
            fits.append([])
        fits[-1].append(line)
        before = kind
    return fits

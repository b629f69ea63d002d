"""Charts of trainings side by side: their scores, what a missing modality costs, and what more rows would bring."""

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from app.components.models.run_names import run_names
from app.components.plain_text import in_chart, shortened
from app.components.reference_lines import reference_lines
from app.theme import CATEGORY_COLOURS, NEUTRAL, category_colours, chart_layout
from core.leaderboard.lines import Lines
from core.models.report import Robustness
from core.workflows.run_lines import RunLine

MOST_RUNS: Final = 15
_SCORE, _UNSEEN, _WEAKEST = (CATEGORY_COLOURS[i] for i in (0, 3, 1))
_DASHES: Final = {"Oracle": "dash", "Ceiling": "dot", "Majority": "solid"}
_ROW_PX: Final = 30
_PX: Final = 320


def weakest(found: Robustness) -> tuple[str, float]:
    """The modality whose absence costs most, and the macro F1 without it; the score itself where none was dropped."""
    least = min(found.dropped, key=lambda one: one.score.macro_f1, default=None)
    return ("", found.score.macro_f1) if least is None else (least.modality, least.score.macro_f1)


def side_by_side_chart(runs: Sequence[RunLine], lines: Lines, chosen: str) -> go.Figure:
    """Every training as a line of dots: its score on the board with its interval, and its scores on rows set aside."""
    shown = runs[:MOST_RUNS]
    names = run_names(shown)
    figure = go.Figure()
    measured = [(run.report.robustness, name) for run, name in zip(shown, names, strict=True) if run.report.robustness]
    for found, name in measured:
        _span(figure, found, name)
    _dots(figure, [(f.score.macro_f1, n) for f, n in measured], "Training rows set aside", "circle-open", _SCORE)
    least = [(weakest(found)[1], name) for found, name in measured if found.dropped]
    _dots(figure, least, "Weakest modality missing", "triangle-left", _WEAKEST)
    unseen = [(f.unseen.cold.macro_f1, n) for f, n in measured if f.unseen]
    _dots(figure, unseen, "Attributes never seen", "diamond", _UNSEEN)
    _board_scores(figure, [(run, name) for run, name in zip(shown, names, strict=True)], chosen)
    for level, line in enumerate(sorted(reference_lines(lines), key=lambda one: one.value)):
        figure.add_vline(
            x=line.value,
            line={"color": NEUTRAL, "width": 1.5, "dash": _DASHES[line.name]},
            annotation={"text": f"{line.name} {line.value:.3f}", "font": {"size": 11}, "yshift": 14 * (level % 2)},
            annotation_position="top",
        )
    figure.update_layout(
        chart_layout(
            height=(150 if measured else 120) + _ROW_PX * max(len(shown), 3),
            margin={"l": 8, "r": 16, "t": 84 if measured else 56, "b": 8},
            legend={
                "orientation": "h",
                "yanchor": "top",
                "yref": "container",
                "y": 1.0,
                "x": 0,
                "itemsizing": "constant",
            },
            xaxis={"title": "Macro F1", "tickformat": ".2f", "zeroline": False},
            yaxis={
                "range": [len(shown) - 0.4, -0.6],
                "categoryorder": "array",
                "categoryarray": names,
                "title": None,
                "ticksuffix": "  ",
                "type": "category",
                "showgrid": False,
                "fixedrange": True,
            },
        )
    )
    return figure


def _span(figure: go.Figure, found: Robustness, name: str) -> None:
    """A thin line from the lowest to the highest of a training's own figures."""
    ends = [found.score.macro_f1, weakest(found)[1], *([found.unseen.cold.macro_f1] if found.unseen else [])]
    line = {"color": NEUTRAL, "width": 1}
    figure.add_scatter(
        x=[min(ends), max(ends)], y=[name, name], mode="lines", line=line, hoverinfo="skip", showlegend=False
    )


def _board_scores(figure: go.Figure, runs: Sequence[tuple[RunLine, str]], chosen: str) -> None:
    """Scores on the board with their intervals; the chosen training's dot is larger."""
    known = [(run, run.score.shown, name) for run, name in runs if run.score is not None]
    if not known:
        return
    bars = {
        "array": [score.high - score.estimate for _, score, _ in known],
        "arrayminus": [score.estimate - score.low for _, score, _ in known],
    }
    figure.add_scatter(
        x=[score.estimate for _, score, _ in known],
        y=[name for _, _, name in known],
        mode="markers",
        name="On the board, 95% interval",
        marker={"size": [15 if run.id == chosen else 10 for run, _, _ in known], "color": _SCORE},
        error_x={"type": "data", "symmetric": False, **bars, "color": _SCORE, "thickness": 1.5, "width": 4},
        hovertemplate="%{y}<br>On the board %{x:.3f}<extra></extra>",
    )


def dropped_chart(runs: Mapping[str, Robustness]) -> go.Figure:
    """Macro F1 without each modality, the costliest of the first run on top; a line per run shows its whole score."""
    figure = go.Figure()
    first = next(iter(runs.values()))
    order = [one.modality for one in sorted(first.dropped, key=lambda one: one.score.macro_f1)]
    order += [one.modality for found in runs.values() for one in found.dropped if one.modality not in order]
    order = list(dict.fromkeys(order))
    colours = category_colours(list(runs))
    for name, found in runs.items():
        figure.add_scatter(
            x=[one.score.macro_f1 for one in found.dropped],
            y=[in_chart(shortened(one.modality, 32)) for one in found.dropped],
            mode="markers",
            name=in_chart(name),
            marker={"size": 10, "color": colours[name]},
            hovertemplate=f"{in_chart(name)}<br>without %{{y}}: %{{x:.3f}}<extra></extra>",
        )
        label = {"text": f"All {found.score.macro_f1:.3f}", "font": {"size": 11}}
        figure.add_vline(
            x=found.score.macro_f1,
            line={"color": colours[name], "width": 1.5, "dash": "dash"},
            **({"annotation": label, "annotation_position": "top"} if len(runs) == 1 else {}),
        )
    figure.update_layout(
        chart_layout(
            height=max(96 + 24 * len(order), _PX),
            margin={"l": 8, "r": 16, "t": 40, "b": 8},
            showlegend=len(runs) > 1,
            xaxis={"title": "Macro F1 without it", "tickformat": ".2f", "zeroline": False},
            yaxis={
                "categoryorder": "array",
                "categoryarray": [in_chart(shortened(name, 32)) for name in order],
                "autorange": "reversed",
                "title": None,
                "ticksuffix": "  ",
                "type": "category",
            },
        )
    )
    return figure


def sizes_chart(runs: Mapping[str, Robustness], ceiling: float | None) -> go.Figure:
    """Macro F1 by number of training rows, on rows set aside."""
    figure = go.Figure()
    colours = category_colours(list(runs))
    for name, found in runs.items():
        figure.add_scatter(
            x=[point.n_rows for point in found.learning_curve],
            y=[point.score.macro_f1 for point in found.learning_curve],
            mode="lines+markers",
            name=in_chart(name),
            line={"color": colours[name], "width": 2},
            marker={"size": 8},
            hovertemplate=f"{in_chart(name)}<br>%{{x:,}} rows: %{{y:.3f}}<extra></extra>",
        )
    if ceiling is not None:
        figure.add_hline(
            y=ceiling,
            line={"color": NEUTRAL, "width": 1.5, "dash": _DASHES["Ceiling"]},
            annotation={"text": f"Ceiling {ceiling:.3f}", "font": {"size": 11}},
            annotation_position="top left",
        )
    ticks = sorted({point.n_rows for found in runs.values() for point in found.learning_curve})
    figure.update_layout(
        chart_layout(
            height=_PX,
            margin={"l": 8, "r": 16, "t": 40, "b": 8},
            showlegend=len(runs) > 1,
            xaxis={
                "title": "Training rows",
                "type": "log",
                "tickvals": ticks,
                "ticktext": [f"{tick:,}" for tick in ticks],
                "showgrid": False,
            },
            yaxis={"title": "Macro F1", "tickformat": ".2f", "zeroline": False},
        )
    )
    return figure


def _dots(figure: go.Figure, points: Sequence[tuple[float, str]], name: str, symbol: str, colour: str) -> None:
    if points:
        figure.add_scatter(
            x=[value for value, _ in points],
            y=[run for _, run in points],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 11, "color": colour, "line": {"width": 2, "color": colour}},
            hovertemplate=f"%{{y}}<br>{name} %{{x:.3f}}<extra></extra>",
        )

"""Charts of the ranking: every score with its interval against the lines of reference, and scores over time."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.components.leaderboard.words import interval_text, rank_text, score_text
from app.components.plain_text import in_chart, shortened
from app.components.reference_lines import Line, reference_lines
from app.theme import CATEGORY_COLOURS, NEUTRAL, category_colours, chart_layout
from core.leaderboard.entries import Entry, RankedEntry, ShownScore
from core.leaderboard.lines import Lines
from core.workflows.board_detail import VersionScore

SCORE_COLOUR, OTHER_COLOUR, PUBLIC_COLOUR, BEST_COLOUR = (CATEGORY_COLOURS[i] for i in (0, 1, 3, 4))
MOST_ROWS: Final = 20
MOST_COURSES: Final = 6
_ROW_PX: Final = 26
_NAME: Final = 26
_LINE_NAME_PX: Final = 44  # half of a line's name, which stands over the line also at the right edge
_DASHES: Final = {"Oracle": "dash", "Ceiling": "dot", "Majority": "solid"}
_HOVER: Final = "%{text}<extra></extra>"


def score_chart(ranked: Sequence[RankedEntry], lines: Lines | None, chosen: str, beside: str) -> go.Figure:
    """Each shown entry as a dot with its 95 % interval, best on top; `chosen` is set off.

    Where a version is closed its public score stands beside the private one, hollow; `beside` names it in the legend.
    """
    shown = ranked[:MOST_ROWS]
    names = row_names([one.entry for one in shown])
    figure = go.Figure()
    _dots(
        figure,
        [one.entry.score for one in shown],
        names,
        [_ranked_hover(one) for one in shown],
        name="Macro F1",
        colour=[BEST_COLOUR if one.entry.id == chosen else SCORE_COLOUR for one in shown],
    )
    public = [(one.entry.public, name) for one, name in zip(shown, names, strict=True) if one.entry.public is not None]
    if public:
        figure.add_scatter(
            x=[score.macro_f1 for score, _ in public],
            y=[name for _, name in public],
            mode="markers",
            name=beside,
            marker={"symbol": "circle-open", "size": 9, "color": PUBLIC_COLOUR, "line": {"width": 2}},
            text=[f"{name}<br>public score {score.macro_f1:.3f}" for score, name in public],
            hovertemplate=_HOVER,
        )
    _vertical(figure, reference_lines(lines))
    rows_px = _ROW_PX * max(len(shown), 3)
    figure.update_layout(
        chart_layout(
            height=(126 if public else 96) + rows_px,
            margin={"l": 8, "r": _LINE_NAME_PX, "t": 86 if public else 56, "b": 8},
            legend={"orientation": "h", "yanchor": "bottom", "y": 1 + 40 / rows_px, "x": 0},
            xaxis={"title": "Macro F1", "range": _range(figure), "tickformat": ".2f", "zeroline": False},
            yaxis={
                "range": [len(shown) - 0.4, -0.6],
                "title": None,
                "ticksuffix": "  ",
                "type": "category",
                "showgrid": False,
                "fixedrange": True,
            },
            showlegend=bool(public),
        )
    )
    return figure


def course_chart(
    history: Sequence[Entry], lines: Lines | None, best: Sequence[tuple[str, str]], when: str
) -> go.Figure:
    """Scores over time: the best of all so far as steps, the models named in `best` in colour, all others grey.

    `when` says what the time is of.
    """
    figure = go.Figure()
    named = [who for who in best if any(entry.who == who for entry in history)][:MOST_COURSES]
    colours = category_colours([f"{number}" for number in range(len(named))])
    others = [entry for entry in history if entry.who not in named]
    if others:
        _points(figure, others, "Others", NEUTRAL, size=6)
    for number, who in enumerate(named):
        _points(figure, [e for e in history if e.who == who], _pair(who), colours[f"{number}"], size=10)
    steps = _best_so_far(history)
    figure.add_scatter(
        x=[at for at, _ in steps],
        y=[score for _, score in steps],
        mode="lines",
        name="Best so far",
        line={"color": NEUTRAL, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    # The names of lines that lie close together stand at different ends, over and under their lines.
    for line, place in zip(reference_lines(lines), ("top right", "bottom left", "top left"), strict=False):
        figure.add_hline(
            y=line.value,
            line={"color": NEUTRAL, "width": 1.5, "dash": _DASHES[line.name]},
            annotation={"text": f"{line.name} {line.value:.3f}", "font": {"size": 11}},
            annotation_position=place,
        )
    figure.update_layout(
        chart_layout(
            height=460,
            margin={"l": 8, "r": 16, "t": 96, "b": 8},
            legend={"orientation": "h", "yanchor": "bottom", "y": 1.08, "x": 0},
            xaxis={"title": f"{when} (UTC)", "showgrid": False},
            yaxis={"title": "Macro F1", "tickformat": ".2f", "zeroline": False},
        )
    )
    return figure


def versions_chart(scores: Sequence[VersionScore]) -> go.Figure:
    """Models side by side on every dataset version: dots with intervals, and each version's own lines of reference."""
    titles = list(dict.fromkeys((one.dataset, one.title) for one in scores))
    place = {dataset: number for number, (dataset, _) in enumerate(titles)}
    models = list(dict.fromkeys((one.team, one.model) for one in scores))
    colours = category_colours([f"{number}" for number in range(len(models))])
    figure = go.Figure()
    for number, who in enumerate(models):
        own = [one for one in scores if (one.team, one.model) == who]
        shift = -0.12 if len(models) == 1 else -0.34 + 0.44 * number / (len(models) - 1)  # names of lines to the right
        figure.add_scatter(
            x=[place[one.dataset] + shift for one in own],
            y=[one.score.macro_f1 for one in own],
            mode="markers",
            name=_pair(who),
            marker={"size": 10, "color": colours[f"{number}"]},
            error_y=_error([one.score for one in own], colours[f"{number}"]),
            text=[
                f"{_pair(who)}<br>{in_chart(one.title)}: {one.score.macro_f1:.3f} ({interval_text(one.score)})"
                for one in own
            ],
            hovertemplate=_HOVER,
        )
    for dataset, _ in titles:
        lines = next(one.lines for one in scores if one.dataset == dataset)
        for number, line in enumerate(reference_lines(lines)):
            _short_line(figure, line, place[dataset], is_under=number == 1)
    figure.update_layout(
        chart_layout(
            height=440,
            margin={"l": 8, "r": 16, "t": 64, "b": 8},
            xaxis={
                "tickvals": list(place.values()),
                "ticktext": [in_chart(shortened(title, 28)) for _, title in titles],
                "range": [-0.6, len(titles) - 0.4],
                "showgrid": False,
                "zeroline": False,
            },
            yaxis={"title": "Macro F1", "tickformat": ".2f", "zeroline": False},
        )
    )
    return figure


def _short_line(figure: go.Figure, line: Line, at: int, *, is_under: bool) -> None:
    """A line of reference over one version; names of lines that lie close together stand over and under them."""
    ends = at - 0.42, at + 0.42
    style = {"color": NEUTRAL, "width": 1.5, "dash": _DASHES[line.name]}
    figure.add_shape(type="line", x0=ends[0], x1=ends[1], y0=line.value, y1=line.value, line=style)
    figure.add_annotation(
        x=ends[1],
        y=line.value,
        text=f"{line.name} {line.value:.3f}",
        showarrow=False,
        xanchor="right",
        yanchor="top" if is_under else "bottom",
        font={"size": 10},
    )


def row_names(entries: Sequence[Entry]) -> list[str]:
    """What rows of a chart are called: plotly lays rows of one name on each other, so equal ones get spaces."""
    seen: dict[str, int] = {}
    names = []
    for entry in entries:
        name = _pair(entry.who)
        seen[name] = seen.get(name, 0) + 1
        names.append(name + " " * (seen[name] - 1))
    return names


def _pair(who: tuple[str, str]) -> str:
    team, model = who
    return in_chart(f"{shortened(model, _NAME)} · {shortened(team, _NAME // 2)}")


def _ranked_hover(one: RankedEntry) -> str:
    score = one.entry.score
    return (
        f"<b>{_pair(one.entry.who)}</b><br>Rank {rank_text(one.rank)}<br>Macro F1 {score_text(score.macro_f1)} "
        f"(95% interval {interval_text(score)})"
    )


def _dots(
    figure: go.Figure,
    scores: Sequence[ShownScore],
    names: Sequence[str],
    hover: Sequence[str],
    *,
    name: str,
    colour: Sequence[str],
) -> None:
    figure.add_scatter(
        x=[score.macro_f1 for score in scores],
        y=list(names),
        mode="markers",
        name=name,
        marker={"size": 10, "color": list(colour)},
        error_x=_error(scores, SCORE_COLOUR),
        text=list(hover),
        hovertemplate=_HOVER,
    )


def _error(scores: Sequence[ShownScore], colour: str) -> dict[str, Any]:
    """Interval bars; a score without an interval has none."""
    up = [0.0 if s.interval is None else max(s.interval.high - s.macro_f1, 0.0) for s in scores]
    down = [0.0 if s.interval is None else max(s.macro_f1 - s.interval.low, 0.0) for s in scores]
    bars = {"type": "data", "symmetric": False, "array": up, "arrayminus": down}
    return {**bars, "color": colour, "thickness": 1.5, "width": 4}


def _vertical(figure: go.Figure, lines: Sequence[Line]) -> None:
    """Lines of reference with their names above; names that would touch stand on another level."""
    for level, line in enumerate(sorted(lines, key=lambda one: one.value)):
        figure.add_vline(
            x=line.value,
            line={"color": NEUTRAL, "width": 1.5, "dash": _DASHES[line.name]},
            annotation={
                "text": f"{line.name} {line.value:.3f}",
                "font": {"size": 11},
                "yshift": 14 * (level % 2),
                "hovertext": line.says,
            },
            annotation_position="top",
        )


def _range(figure: go.Figure) -> list[float]:
    """From a little below the lowest of all that is drawn to a little above the highest, inside 0..1."""
    values = [float(x) for trace in figure.data for x in trace.x or ()]
    for trace in figure.data:
        if trace.error_x.array is not None:
            values += [x + up for x, up in zip(trace.x, trace.error_x.array, strict=True)]
            values += [x - down for x, down in zip(trace.x, trace.error_x.arrayminus, strict=True)]
    values += [float(shape.x0) for shape in figure.layout.shapes]
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = max(0.03, 0.06 * (high - low))
    return [max(low - room, -0.02), min(high + room, 1.02)]


def _points(figure: go.Figure, entries: Sequence[Entry], name: str, colour: str, *, size: int) -> None:
    scores = [entry.score for entry in entries]
    figure.add_scatter(
        x=[entry.at for entry in entries],
        y=[score.macro_f1 for score in scores],
        mode="markers",
        name=name,
        marker={"size": size, "color": colour},
        error_y=_error(scores, colour) if size > 6 else None,
        text=[f"<b>{_pair(e.who)}</b><br>{e.score.macro_f1:.3f} ({interval_text(e.score)})" for e in entries],
        hovertemplate=_HOVER,
    )


def _best_so_far(history: Sequence[Entry]) -> list[tuple[str, float]]:
    best, steps = 0.0, []
    for entry in sorted(history, key=lambda one: one.at):
        best = max(best, entry.score.macro_f1)
        steps.append((entry.at, best))
    return steps

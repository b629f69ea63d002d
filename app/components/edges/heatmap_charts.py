"""A cell for every pair of attributes, sorted by group, so that groups that go together show as blocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.components.pair_text import OUTCOME_TITLES
from app.components.plain_text import in_chart
from app.theme import NEUTRAL, OUTCOME_COLOURS, chart_layout
from core.graph.grouping import Grouping
from core.graph.model import Outcome
from core.graph.pair_table import SIGNED, PairTable

LONGEST_NAME: Final = 60  # characters of a name or a line in a hover label
LONGEST_REASON: Final = 120
_MOST_GROUP_LINES: Final = 120
_PX: Final = 720
_TEXT_PX, _CHARACTER_PX = 14, 7
_PALE: Final = {Outcome.NEUTRAL: 0.34, Outcome.UNJUDGED: 0.13}  # of grey: behind the signs on light and dark ground
_NOT_LISTED: Final = -1


@dataclass(frozen=True, eq=False)
class SignMap:
    """What is drawn: catalogue positions of the lines and columns, and the row of the table in each cell [R, C].

    Cells of pairs that the table does not list hold -1.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    cell: NDArray[np.int32]

    @property
    def is_whole(self) -> bool:
        """Every attribute stands on both sides, so every pair shows twice."""
        return len(self.rows) == len(self.columns) and bool((self.rows == self.columns).all())


def sign_map(table: PairTable, grouping: Grouping, modalities: tuple[str, ...]) -> SignMap:
    """Lay out the attributes of two modalities against each other, or all against all where none is named."""
    place = np.full((2, len(table.catalogue)), _NOT_LISTED, dtype=np.int32)
    sides = [_side(grouping, modality) for modality in modalities or (None, None)]
    for line, side in zip(place, sides, strict=True):
        line[side] = np.arange(len(side))
    cell = np.full((len(sides[0]), len(sides[1])), _NOT_LISTED, dtype=np.int32)
    for first, second in ((table.source, table.target), (table.target, table.source)):
        is_drawn = (place[0, first] >= 0) & (place[1, second] >= 0)
        cell[place[0, first[is_drawn]], place[1, second[is_drawn]]] = np.flatnonzero(is_drawn)
    return SignMap(sides[0], sides[1], cell)


def _side(grouping: Grouping, modality: str | None) -> NDArray[np.int32]:
    if modality is None:
        return grouping.order
    wanted = np.zeros(len(grouping.catalogue), dtype=np.bool_)
    wanted[list(grouping.catalogue.positions_by_modality[modality])] = True
    side: NDArray[np.int32] = grouping.order[wanted[grouping.order]]
    return side


def axis_names(grouping: Grouping, side: NDArray[np.int32]) -> list[str]:
    """A name of its own for every line, as safe HTML: plotly would lay lines of one name on each other."""
    names: list[str] = []
    taken: set[str] = set()
    for position in side.tolist():
        attribute = grouping.catalogue.attributes[position]
        name = in_chart(_cut(f"{_cut(attribute.value, LONGEST_NAME)} ({attribute.modality})", 2 * LONGEST_NAME))
        while name in taken:
            name += " "
        taken.add(name)
        names.append(name)
    return names


def sign_heatmap(table: PairTable, grouping: Grouping, drawn: SignMap) -> go.Figure:
    """The outcomes of all cells; hover names both attributes, the outcome and, for signs, the reason (the reasons of
    unsigned pairs would make the picture too heavy); lines part the groups.
    """
    outcome = np.where(drawn.cell >= 0, table.outcome[drawn.cell], np.int8(Outcome.UNJUDGED))
    is_pair = ~_same_modality(grouping, drawn)
    rows, columns = (axis_names(grouping, side) for side in (drawn.rows, drawn.columns))
    figure = go.Figure()
    figure.add_heatmap(x=columns, y=rows, showscale=False, **_cells(table, drawn, outcome, is_pair))
    for known in Outcome:
        if (is_pair & (outcome == known)).any():
            figure.add_scatter(  # a heatmap has no key of its own
                x=[None],
                y=[None],
                mode="markers",
                marker={"symbol": "square", "size": 11, "color": _colour(known)},
                name=OUTCOME_TITLES[known],
            )
    figure.update_layout(_layout(grouping, drawn))
    return figure


def _colour(outcome: Outcome) -> str:
    if outcome not in _PALE:
        return OUTCOME_COLOURS[outcome.name.lower()]
    red, green, blue = (int(NEUTRAL[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{_PALE[outcome]})"


def _same_modality(grouping: Grouping, drawn: SignMap) -> NDArray[np.bool_]:
    number = {modality: i for i, modality in enumerate(grouping.catalogue.modalities)}
    modality = np.array([number[attribute.modality] for attribute in grouping.catalogue.attributes])
    same: NDArray[np.bool_] = modality[drawn.rows][:, None] == modality[drawn.columns]
    return same


def _cells(table: PairTable, drawn: SignMap, outcome: NDArray[np.int8], is_pair: NDArray[np.bool_]) -> dict[str, Any]:
    """Every cell in one trace, by the number of its outcome in a byte: a trace for each, with gaps for the others, is
    several times as heavy. Cells of one modality hold 0, without colour or word.
    """
    number = np.zeros(outcome.shape, dtype=np.uint8)
    words = np.full(outcome.shape, "", dtype=object)  # plotly takes an array as it is, and walks through a list
    for place, known in enumerate(Outcome, start=1):
        is_here = is_pair & (outcome == known)
        number[is_here] = place
        words[is_here] = OUTCOME_TITLES[known]
    has_reason = is_pair & np.isin(outcome, SIGNED)
    if table.reasons is not None and has_reason.any():
        words[has_reason] = _reasoned(table, table.reasons, drawn.cell[has_reason])
    colours = ["rgba(0,0,0,0)", *map(_colour, Outcome)]
    steps = [(end / len(colours), colour) for i, colour in enumerate(colours) for end in (i, i + 1)]
    return {
        "z": number,
        "zmin": -0.5,
        "zmax": len(colours) - 0.5,
        "colorscale": steps,
        "customdata": words,
        "hovertemplate": "<b>%{y}</b> ×<br><b>%{x}</b><br>%{customdata}<extra></extra>",
    }


def _reasoned(table: PairTable, reasons: Sequence[str], cells: NDArray[np.int32]) -> NDArray[np.object_]:
    """What each of these cells says and why, written once for the two cells of a pair."""
    rows, place = np.unique(cells, return_inverse=True)
    titles = {int(outcome): OUTCOME_TITLES[outcome] for outcome in SIGNED}
    written = [
        f"{titles[outcome]}<br>{_wrapped(_cut(reasons[row], LONGEST_REASON))}"
        for row, outcome in zip(rows.tolist(), table.outcome[rows].tolist(), strict=True)
    ]
    said: NDArray[np.object_] = np.array(written, dtype=object)[place]
    return said


def _wrapped(text: str) -> str:
    """Lines that fit a hover label, as safe HTML."""
    lines = []
    while len(text) > LONGEST_NAME:
        end = text.rfind(" ", 1, LONGEST_NAME + 1)
        end = LONGEST_NAME if end < 0 else end
        lines.append(in_chart(text[:end]))
        text = text[end:].lstrip()
    return "<br>".join([*lines, in_chart(text)])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _layout(grouping: Grouping, drawn: SignMap) -> dict[str, Any]:
    ends = (_starts(grouping, drawn.rows), _starts(grouping, drawn.columns))
    width, height = len(drawn.columns), len(drawn.rows)
    shapes = [
        *_lines(ends[1].groups, height, "x", 0.5, 0.5),
        *_lines(ends[0].groups, width, "y", 0.5, 0.5),
        *_lines(ends[1].modalities, height, "x", 1.5, 0.9),
        *_lines(ends[0].modalities, width, "y", 1.5, 0.9),
    ]
    names = [grouping.catalogue.attributes[position].modality for position in drawn.rows]
    axis = {"type": "category", "showticklabels": False, "showgrid": False, "ticks": "", "title": None}
    square = {"scaleanchor": "x", "constraintoward": "top"} if drawn.is_whole else {}
    return chart_layout(
        height=_PX,
        margin={"l": 16 + min(200, max(map(_pixels, names), default=0)), "r": 8, "t": 64, "b": 8},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.05, "x": 0},
        xaxis={**axis, "constrain": "domain", "constraintoward": "left"},
        yaxis={**axis, "constrain": "domain", "autorange": "reversed", **square},
        shapes=shapes,
        annotations=[*_above(grouping, drawn), *_beside(grouping, drawn)],
        dragmode="select",
        hovermode="closest",
        newselection={"line": {"width": 2, "color": NEUTRAL}},
    )


@dataclass(frozen=True, slots=True)
class _Starts:
    """Where groups and modalities begin along a side, the first left out."""

    groups: list[int]
    modalities: list[int]


def _starts(grouping: Grouping, side: NDArray[np.int32]) -> _Starts:
    modality = [grouping.catalogue.attributes[position].modality for position in side.tolist()]
    group = grouping.group[side].tolist()
    groups = [i for i in range(1, len(side)) if group[i] != group[i - 1]]
    modalities = [i for i in range(1, len(side)) if modality[i] != modality[i - 1]]
    return _Starts(groups if len(groups) <= _MOST_GROUP_LINES else [], modalities)


def _lines(starts: list[int], length: int, axis: str, width: float, opacity: float) -> list[dict[str, Any]]:
    """Lines in front of places along one axis, over the whole length of the other."""
    other = "y" if axis == "x" else "x"
    style = {"type": "line", "line": {"width": width, "color": NEUTRAL}, "opacity": opacity}
    ends = {f"{other}0": -0.5, f"{other}1": length - 0.5}
    return [{**style, **ends, f"{axis}0": at - 0.5, f"{axis}1": at - 0.5} for at in starts]


def _above(grouping: Grouping, drawn: SignMap) -> list[dict[str, Any]]:
    """Modalities above their columns, where there is room (hover names them everywhere)."""
    px = _PX / max(len(drawn.columns), 1)
    style = {"showarrow": False, "xref": "x", "y": 1, "yref": "paper", "yanchor": "bottom"}
    return [
        {**style, "x": middle, "text": in_chart(_cut(name, LONGEST_NAME))}
        for name, middle, length in _spans(grouping, drawn.columns)
        if length * px >= 0.7 * _pixels(name)
    ]


def _beside(grouping: Grouping, drawn: SignMap) -> list[dict[str, Any]]:
    px = _PX / max(len(drawn.rows), 1)
    style = {"showarrow": False, "yref": "y", "x": 0, "xref": "x domain", "xanchor": "right", "xshift": -6}
    return [
        {**style, "y": middle, "text": in_chart(_cut(name, 28))}
        for name, middle, length in _spans(grouping, drawn.rows)
        if length * px >= _TEXT_PX
    ]


def _spans(grouping: Grouping, side: NDArray[np.int32]) -> list[tuple[str, float, int]]:
    """Each modality along a side: its name, its middle and how many lines it has."""
    bounds = [0, *_starts(grouping, side).modalities, len(side)]
    return [
        (grouping.catalogue.attributes[side[start]].modality, (start + end - 1) / 2, end - start)
        for start, end in pairwise(bounds)
        if end > start
    ]


def _pixels(text: str) -> int:
    """About how wide a text is drawn, at most."""
    return _CHARACTER_PX * len(text)

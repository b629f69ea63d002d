"""Where the neighbours of one or more attributes stand: conflicts to the left, what works together to the right."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.graph.pair_table import PairTable

MAX_NODES = 300
MAX_NEIGHBOURS = 60  # what is drawn unless more are asked for: more boxes are too small to read at a glance
MAX_CENTRES = 60
MAX_LINES = 4_000
LONGEST_LABEL = 28
_ROWS_PER_COLUMN = 20
_ROW_PX = 40.0
_CHARACTER_PX = 8.0
_GAP_PX = 46.0  # between the boxes of neighbouring columns, their margins included
_FIRST_GAP_PX = 120.0  # between the middle box and the first column
_BULGE_PX = 60.0  # middle rows stand further out, so that lines to them do not lie on each other


class Place(NamedTuple):
    """A catalogue position and the middle of its box, in pixels."""

    position: int
    x: float
    y: float


class Neighbour(NamedTuple):
    """A neighbour on the canvas: catalogue position, its `rows` of the pair table, which are edges to what is in the
    middle, and how many of them are + and −; place in pixels.
    """

    position: int
    rows: tuple[int, ...]
    n_positive: int
    n_negative: int
    x: float
    y: float

    @property
    def sign(self) -> int:
        """The sign of most of its edges; + where both are as many."""
        return 1 if self.n_positive >= self.n_negative else -1


class Size(NamedTuple):
    """Width and height in pixels."""

    width: float
    height: float


class Neighbourhood(NamedTuple):
    """The neighbours of `centres` as drawn. `n_positive`, `n_negative`: all edges of the centres, drawn or not;
    `n_neighbours`, `n_centres`: all of either, drawn or not.
    """

    centres: tuple[Place, ...]
    neighbours: tuple[Neighbour, ...]
    n_positive: int
    n_negative: int
    n_neighbours: int
    n_centres: int

    @property
    def size(self) -> Size:
        """Pixels from the leftmost to the rightmost and from the highest to the lowest middle of a box."""
        xs = [0.0, *(place.x for place in self.centres), *(neighbour.x for neighbour in self.neighbours)]
        ys = [0.0, *(place.y for place in self.centres), *(neighbour.y for neighbour in self.neighbours)]
        return Size(max(xs) - min(xs), max(ys) - min(ys))

    @property
    def n_left_out(self) -> int:
        """Neighbours that did not fit."""
        return self.n_neighbours - len(self.neighbours)


class _Candidate(NamedTuple):
    position: int
    rows: tuple[int, ...]
    n_positive: int
    n_negative: int
    modality: int
    strength: float  # sum over its edges

    @property
    def sign(self) -> int:
        return 1 if self.n_positive >= self.n_negative else -1


def lay_out_neighbourhood(
    table: PairTable, centres: Sequence[int], signs: Sequence[int], most: int = MAX_NEIGHBOURS
) -> Neighbourhood:
    """Place the neighbours of one or more catalogue positions, all of one modality, over edges of the given signs.

    At most `most` are drawn. Where there are more, each modality keeps its share under each sign; those with the most,
    then the strongest edges come first. Of more than `MAX_CENTRES` those with the most edges are drawn. There are never
    more than `MAX_NODES` boxes and `MAX_LINES` lines.
    """
    rows = _rows_of(table, centres, signs)
    kept = _busiest(table, centres, rows)
    candidates = _candidates(table, kept, rows)
    drawn = _thin_out(candidates, min(most, MAX_NODES - len(kept)))
    drawn.sort(key=lambda c: (c.modality, -len(c.rows), -c.strength, c.position))
    middle, half_width = _in_the_middle(table, kept)
    placed: list[Neighbour] = []
    for sign in (1, -1):
        placed += _in_columns(table, [candidate for candidate in drawn if candidate.sign == sign], sign, half_width)
    n_positive = int((table.outcome[rows] > 0).sum())
    n_all = len(candidates) if len(kept) == len(centres) else len(_candidates(table, list(centres), rows))
    return Neighbourhood(middle, tuple(placed), n_positive, len(rows) - n_positive, n_all, len(centres))


def _rows_of(table: PairTable, centres: Sequence[int], signs: Sequence[int]) -> list[int]:
    is_centre = np.zeros(len(table.catalogue), dtype=np.bool_)
    is_centre[list(centres)] = True
    touching = is_centre[table.source] | is_centre[table.target]
    rows: list[int] = np.flatnonzero(touching & np.isin(table.outcome, signs)).tolist()
    return rows


def _busiest(table: PairTable, centres: Sequence[int], rows: list[int]) -> list[int]:
    """The centres that are drawn, in the order given."""
    ends = np.concatenate([table.source[rows], table.target[rows]])
    degree = np.bincount(ends, minlength=len(table.catalogue))
    kept = set(sorted(centres, key=lambda centre: (-int(degree[centre]), centre))[:MAX_CENTRES])
    return [centre for centre in centres if centre in kept]


def _candidates(table: PairTable, centres: list[int], rows: list[int]) -> list[_Candidate]:
    """Every neighbour of the centres with its edges to them."""
    wanted = set(centres)
    by_neighbour: dict[int, list[int]] = {}
    ends = zip(rows, table.source[rows].tolist(), table.target[rows].tolist(), strict=True)
    for row, source, target in ends:
        if source in wanted or target in wanted:
            by_neighbour.setdefault(target if source in wanted else source, []).append(row)
    return [_candidate(table, position, edges) for position, edges in by_neighbour.items()]


def _candidate(table: PairTable, position: int, rows: list[int]) -> _Candidate:
    strength = np.nan_to_num(table.strength[rows], nan=0.0)  # unknown for all edges of a graph, or for none
    n_positive = int((table.outcome[rows] > 0).sum())
    modality = int(table.modality_number[position])
    return _Candidate(position, tuple(rows), n_positive, len(rows) - n_positive, modality, float(strength.sum()))


def _thin_out(candidates: list[_Candidate], most: int) -> list[_Candidate]:
    """Take the first of every kind, then more from each in proportion to its size, while boxes and lines fit."""
    sizes = Counter((candidate.modality, candidate.sign) for candidate in candidates)
    taken: Counter[tuple[int, int]] = Counter()
    turns = []
    for candidate in sorted(candidates, key=lambda c: (-len(c.rows), -c.strength, c.position)):
        kind = (candidate.modality, candidate.sign)
        turns.append((taken[kind] / sizes[kind], candidate))
        taken[kind] += 1
    drawn: list[_Candidate] = []
    n_lines = 0
    for _, candidate in sorted(turns, key=lambda turn: turn[0])[:most]:
        n_lines += len(candidate.rows)
        if n_lines > MAX_LINES:
            break
        drawn.append(candidate)
    return drawn


class _Middle(NamedTuple):
    places: tuple[Place, ...]
    half_width: float


def _in_the_middle(table: PairTable, centres: list[int]) -> _Middle:
    """Columns around the middle of the canvas, each as wide as its longest label."""
    columns = _columns(len(centres))
    widths = [_width(table, centres[start:end]) for start, end in columns]
    left = -(sum(widths) + _GAP_PX * (len(widths) - 1)) / 2
    half_width, placed = -left, []
    for (start, end), width in zip(columns, widths, strict=True):
        heights = _heights(end - start, 0)
        placed += [Place(p, left + width / 2, y) for p, y in zip(centres[start:end], heights, strict=True)]
        left += width + _GAP_PX
    return _Middle(tuple(placed), half_width)


def _columns(n: int) -> list[tuple[int, int]]:
    """From where to where each column goes: as few columns as hold all, as even as can be."""
    n_columns = max(1, math.ceil(n / _ROWS_PER_COLUMN))
    n_rows = math.ceil(n / n_columns)
    return [(start, min(start + n_rows, n)) for start in range(0, n, n_rows)] if n else []


def _in_columns(table: PairTable, drawn: list[_Candidate], sign: int, half_width: float) -> list[Neighbour]:
    """Columns away from the middle, to the side of the sign."""
    near_side = half_width + _FIRST_GAP_PX
    placed = []
    for column, (start, end) in enumerate(_columns(len(drawn))):
        members = drawn[start:end]
        width = _width(table, [candidate.position for candidate in members])
        for one, y in zip(members, _heights(len(members), column), strict=True):
            bulge = _BULGE_PX * math.cos(math.pi * y / ((_ROWS_PER_COLUMN + 1) * _ROW_PX))
            x = sign * (near_side + width / 2 + bulge)
            placed.append(Neighbour(one.position, one.rows, one.n_positive, one.n_negative, x, y))
        near_side += width + _GAP_PX
    return placed


def _width(table: PairTable, positions: Sequence[int]) -> float:
    """Pixels that the longest label of these attributes takes."""
    longest = max((len(table.catalogue.attributes[position].value) for position in positions), default=0)
    return min(longest, LONGEST_LABEL) * _CHARACTER_PX


def _heights(n_rows: int, column: int) -> list[float]:
    """Rows around the middle; every second column half a row lower, so that lines pass between its boxes."""
    middle = (n_rows - 1) / 2 - (0.5 if column % 2 else 0.0)
    return [(row - middle) * _ROW_PX for row in range(n_rows)]

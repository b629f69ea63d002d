"""Where the neighbours of one attribute stand: conflicts to its left, what works together to its right, in columns."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from core.graph.pair_table import PairTable

MAX_NEIGHBOURS = 60
_ROWS_PER_COLUMN = 20
_ROW_PX = 40.0
_CHARACTER_PX = 8.0
_GAP_PX = 46.0  # between the boxes of neighbouring columns, their margins included
_FIRST_GAP_PX = 120.0  # between the middle box and the first column
_BULGE_PX = 60.0  # middle rows stand further out, so that lines to them do not lie on each other
LONGEST_LABEL = 28


class Neighbour(NamedTuple):
    """One neighbour on the canvas: row of the pair table, catalogue position, sign of its edge, place in pixels."""

    row: int
    position: int
    sign: int
    x: float
    y: float


class Size(NamedTuple):
    """Width and height in pixels."""

    width: float
    height: float


class Neighbourhood(NamedTuple):
    """The neighbours of `centre` as drawn; `n_positive` and `n_negative` count all of them, drawn or not."""

    centre: int
    neighbours: tuple[Neighbour, ...]
    n_positive: int
    n_negative: int

    @property
    def size(self) -> Size:
        """Pixels from the leftmost to the rightmost and from the highest to the lowest middle of a box."""
        xs, ys = [0.0, *(n.x for n in self.neighbours)], [0.0, *(n.y for n in self.neighbours)]
        return Size(max(xs) - min(xs), max(ys) - min(ys))

    @property
    def n_left_out(self) -> int:
        """Neighbours that did not fit."""
        return self.n_positive + self.n_negative - len(self.neighbours)


class _Edge(NamedTuple):
    row: int
    position: int
    sign: int
    modality: int
    strength: float


def lay_out_neighbourhood(table: PairTable, centre: int, signs: Sequence[int]) -> Neighbourhood:
    """Place the neighbours of a catalogue position over edges of the given signs, at most `MAX_NEIGHBOURS` of them.

    When there are more, each modality keeps its share under each sign, its strongest edges first.
    """
    edges = _edges_of(table, centre, signs)
    drawn = sorted(_thin_out(edges), key=lambda edge: (edge.modality, -edge.strength, edge.position))
    placed: list[Neighbour] = []
    for sign in signs:
        placed += _in_columns(table, centre, [edge for edge in drawn if edge.sign == sign])
    counts = Counter(edge.sign for edge in edges)
    return Neighbourhood(centre, tuple(placed), counts[1], counts[-1])


def _edges_of(table: PairTable, centre: int, signs: Sequence[int]) -> list[_Edge]:
    touching = (table.source == centre) | (table.target == centre)
    rows = np.flatnonzero(touching & np.isin(table.outcome, signs))
    others = np.where(table.source[rows] == centre, table.target[rows], table.source[rows])
    strength = np.nan_to_num(table.strength[rows], nan=0.0)  # unknown for all edges of a graph, or for none
    columns = (rows, others, table.outcome[rows], table.modality_number[others], strength)
    return [_Edge(*edge) for edge in zip(*(column.tolist() for column in columns), strict=True)]


def _thin_out(edges: list[_Edge]) -> list[_Edge]:
    """Take the first of every group, then more from each in proportion to its size."""
    sizes = Counter((edge.modality, edge.sign) for edge in edges)
    taken: Counter[tuple[int, int]] = Counter()
    turns = []
    for edge in sorted(edges, key=lambda edge: -edge.strength):
        group = (edge.modality, edge.sign)
        turns.append((taken[group] / sizes[group], edge))
        taken[group] += 1
    return [edge for _, edge in sorted(turns, key=lambda turn: turn[0])[:MAX_NEIGHBOURS]]


def _in_columns(table: PairTable, centre: int, edges: list[_Edge]) -> list[Neighbour]:
    """Columns away from the centre, to the side of the edges' sign, each as wide as its longest label."""
    n_columns = max(1, math.ceil(len(edges) / _ROWS_PER_COLUMN))
    n_rows = math.ceil(len(edges) / n_columns)
    near_side = _width(table, [centre]) / 2 + _FIRST_GAP_PX
    placed = []
    for column in range(n_columns):
        members = edges[column * n_rows : (column + 1) * n_rows]
        width = _width(table, [edge.position for edge in members])
        for edge, y in zip(members, _heights(len(members), column), strict=True):
            bulge = _BULGE_PX * math.cos(math.pi * y / ((_ROWS_PER_COLUMN + 1) * _ROW_PX))
            x = edge.sign * (near_side + width / 2 + bulge)
            placed.append(Neighbour(edge.row, edge.position, edge.sign, x, y))
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

"""The structure of a graph in figures: small enough to be cached and copied."""

from typing import NamedTuple

from core.graph.balance import (
    Balance,
    Triangle,
    balance_by_chance,
    strained_edges,
    strained_triangles,
    triangle_balance,
)
from core.graph.model import SignedGraph
from core.graph.structure import Blocks, Degrees, degrees, modality_blocks

N_LISTED = 100  # edges, and triangles, of which the most strained are listed


class Ends(NamedTuple):
    """Two catalogue positions, the smaller first."""

    source: int
    target: int


class StrainedEdge(NamedTuple):
    """An edge with more unbalanced than balanced triangles."""

    ends: Ends
    n_balanced: int
    n_unbalanced: int


class StrainedTriangle(NamedTuple):
    """An unbalanced triangle: three catalogue positions, the signs of 1-2, 2-3 and 1-3, and the strain of its edges."""

    nodes: tuple[int, int, int]
    signs: tuple[int, int, int]
    strain: int


class Structure(NamedTuple):
    """Who has how many edges, how dense modalities are among each other, and how balanced triangles are.

    `by_negatives`: triangles with 0, 1, 2 and 3 − edges; `by_chance`: the share of balanced ones that dealing the same
    signs at random would give.
    """

    degrees: Degrees
    modalities: Blocks
    by_negatives: tuple[int, int, int, int]
    by_chance: float
    edges: tuple[StrainedEdge, ...]
    triangles: tuple[StrainedTriangle, ...]


def structure_of(graph: SignedGraph) -> Structure:
    """Count everything of one graph."""
    balance = triangle_balance(graph)
    return Structure(
        degrees(graph),
        modality_blocks(graph),
        balance.by_negatives,
        balance_by_chance(graph),
        tuple(_edge(graph, balance, row) for row in strained_edges(balance, N_LISTED).tolist()),
        tuple(_triangle(graph, found) for found in strained_triangles(graph, balance, N_LISTED)),
    )


def _edge(graph: SignedGraph, balance: Balance, row: int) -> StrainedEdge:
    return StrainedEdge(_ends(graph, row), int(balance.balanced[row]), int(balance.unbalanced[row]))


def _triangle(graph: SignedGraph, found: Triangle) -> StrainedTriangle:
    """Rows are sorted by their ends, so those of a triangle are 1-2, 1-3 and 2-3."""
    one_two, one_three, two_three = found.edges
    first, second = _ends(graph, one_two)
    signs = tuple(int(graph.sign[row]) for row in (one_two, two_three, one_three))
    return StrainedTriangle(
        (first, second, _ends(graph, two_three).target), (signs[0], signs[1], signs[2]), found.strain
    )


def _ends(graph: SignedGraph, row: int) -> Ends:
    return Ends(int(graph.source[row]), int(graph.target[row]))

"""Attributes, edges and triangles that stand out, as tables people read."""

from collections.abc import Sequence

import pandas as pd

from app.components.pair_text import OUTCOME_SIGNS
from app.graph_structure import StrainedEdge, StrainedTriangle
from core.catalogue.model import Catalogue
from core.graph.model import Outcome
from core.graph.pair_lookup import row_of
from core.graph.pair_table import PairTable
from core.graph.structure import Degrees


def attribute_frame(catalogue: Catalogue, degrees: Degrees, positions: Sequence[int]) -> pd.DataFrame:
    """One line per attribute, those with the most edges first."""
    order = sorted(positions, key=lambda position: (-int(degrees.total[position]), position))
    return pd.DataFrame(
        {
            "Attribute": [catalogue.attributes[position].value for position in order],
            "Modality": [catalogue.attributes[position].modality for position in order],
            "+ edges": degrees.n_positive[order],
            "− edges": degrees.n_negative[order],
            "Possible": degrees.n_possible[order],
        }
    )


def edge_frame(table: PairTable, edges: Sequence[StrainedEdge]) -> pd.DataFrame:
    """One line per edge, in the order given."""
    rows = [row_of(table, *edge.ends) for edge in edges]
    pairs = [table.pair(row) for row in rows if row is not None]  # every edge of a graph is in its table
    return pd.DataFrame(
        {
            "Sign": [OUTCOME_SIGNS[pair.outcome] for pair in pairs],
            "First attribute": [pair.source.value for pair in pairs],
            "Second attribute": [pair.target.value for pair in pairs],
            "Unbalanced": [edge.n_unbalanced for edge in edges],
            "Balanced": [edge.n_balanced for edge in edges],
            "Gain": [edge.n_unbalanced - edge.n_balanced for edge in edges],
            "Reason": [pair.reason or None for pair in pairs],
        }
    )


def triangle_frame(catalogue: Catalogue, triangles: Sequence[StrainedTriangle]) -> pd.DataFrame:
    """One line per triangle: its three attributes with the signs between them."""
    names = [[catalogue.attributes[node].value for node in triangle.nodes] for triangle in triangles]
    signs = [[OUTCOME_SIGNS[Outcome(sign)] for sign in triangle.signs] for triangle in triangles]
    return pd.DataFrame(
        {
            "First": [one for one, _, _ in names],
            "1–2": [sign for sign, _, _ in signs],
            "Second": [two for _, two, _ in names],
            "2–3": [sign for _, sign, _ in signs],
            "Third": [three for _, _, three in names],
            "1–3": [sign for _, _, sign in signs],
            "Gain": [triangle.strain for triangle in triangles],
        }
    )

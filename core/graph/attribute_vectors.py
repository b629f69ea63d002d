"""What is known of an attribute as numbers: the trait table's facts as a vector, alone or joined to a text's vector."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem
from core.knowledge.cells import HIGHEST_NUMBER, FacetValue
from core.knowledge.schema import OrdinalFacet, Range, Schema
from core.knowledge.traits import Traits, TraitTable

# Share of the squared length that the traits have in a joined vector. Between 0.3 and 0.7 the share of attributes that
# lie next to one of their group hardly moves (brands .95, audiences .67 to .73); for brands either alone is worse.
TRAIT_SHARE = 0.5
# A facet that says what an attribute is (the schema's `identity` of its kind) weighs more than one that says how it is.
IDENTITY_WEIGHT = 3.0
# The weight of the n-th value of a set is this to the power n: values come most telling first.
PLACE_DECAY = 0.8
RANGE_STEPS = 12  # steps into which a range of numbers is cut

_Cells = Mapping[str, float]  # column name to value


def trait_vectors(catalogue: Catalogue, table: TraitTable) -> NDArray[np.float32]:
    """Facts as L2-normalised vectors, float32 [N, D]; a row of zeros for an attribute that nothing is known of.

    A category or a name is one column, set to 1; a set has one column per value, falling with its place; an ordinal
    level fills all columns up to its own, so that near levels lie near; a range fills the steps that it covers. Each
    known facet is a block of equal length, but the identity facets of a kind weigh `IDENTITY_WEIGHT` times as much.
    Columns follow the names of facets and values, so they do not depend on the order of the catalogue.
    """
    rows = [_cells(table.resolve(attribute), table.schema) for attribute in catalogue.attributes]
    columns = {name: number for number, name in enumerate(sorted({name for row in rows for name in row}))}
    vectors = np.zeros((len(rows), len(columns)), dtype=np.float64)
    for number, row in enumerate(rows):
        for name, value in row.items():
            vectors[number, columns[name]] = value
    return normalised(vectors)


def joined_vectors(
    text: NDArray[np.float32], traits: NDArray[np.float32], trait_share: float = TRAIT_SHARE
) -> NDArray[np.float32]:
    """Text and trait vectors side by side, L2-normalised, float32 [N, D_text + D_traits].

    Of two attributes with known traits the cosine is `(1 - trait_share) * cos_text + trait_share * cos_traits`; one
    without keeps its text vector alone. `InvalidInput` when the rows do not match or the share is outside 0 to 1.
    """
    problems = []
    if len(text) != len(traits):
        message = f"There are {len(text)} text vectors and {len(traits)} trait vectors."
        problems.append(Problem(message, "Make both from one catalogue.", field="traits"))
    if not 0 <= trait_share <= 1:
        message = f"{trait_share} is no share."
        problems.append(Problem(message, "Choose a number from 0 to 1.", field="trait_share"))
    if problems:
        raise InvalidInput("The vectors cannot be joined", problems)
    known = traits.any(axis=1)
    parts = [text * np.where(known, np.sqrt(1 - trait_share), 1)[:, None], traits * np.sqrt(trait_share)]
    return normalised(np.hstack(parts))


def normalised(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows divided by their L2 norm; rows of zeros stay as they are."""
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return (vectors / np.where(norms > 0, norms, 1)).astype(np.float32)


def share_of_same_group(vectors: NDArray[np.float32], groups: Sequence[str]) -> float:
    """The share of rows whose nearest other row (cosine) is of the same group; groups by row, "" for none.

    Rows of no group, or alone in theirs, are not asked, but they may be somebody's nearest.
    """
    named = np.array(groups)
    sizes = {group: int((named == group).sum()) for group in set(groups)}
    asked = [row for row, group in enumerate(groups) if group and sizes[group] > 1]
    unit = normalised(vectors).astype(np.float64)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    return float(np.mean(named[likeness[asked].argmax(axis=1)] == named[asked])) if asked else float("nan")


def _cells(resolved: object, schema: Schema) -> _Cells:
    """The blocks of one attribute; nothing for one that is unknown."""
    if not isinstance(resolved, Traits):
        return {}
    kind = schema.kinds[resolved.kind]
    ends = {end for span in schema.ranges.values() for end in (span.low, span.high)}
    blocks = {
        facet: (_block(schema, facet, value), IDENTITY_WEIGHT if facet in kind.identity else 1.0)
        for facet, value in resolved.facets.items()
        if facet not in ends
    }
    for name, span in schema.ranges.items():
        known = [facet for facet in (span.low, span.high) if facet in resolved.facets]
        if known:
            weight = IDENTITY_WEIGHT if set(known) & set(kind.identity) else 1.0
            blocks[name] = (_range_block(span, resolved.facets), weight)
    return {
        f"{name}={value}": cell * np.sqrt(weight)
        for name, (block, weight) in blocks.items()
        for value, cell in _unit(block).items()
    }


def _block(schema: Schema, facet: str, value: FacetValue) -> _Cells:
    if isinstance(value, tuple):
        return {word: PLACE_DECAY**place for place, word in enumerate(value)}
    if isinstance(value, str):
        return {value: 1.0}
    spec = schema.facets[facet]
    if isinstance(spec, OrdinalFacet):
        return {level: 1.0 for level in spec.levels if float(level) <= value}
    return {f"{facet} known": 1.0, facet: value / HIGHEST_NUMBER}


def _range_block(span: Range, facets: Mapping[str, FacetValue]) -> _Cells:
    """The steps between lowest and highest that the range covers; an unknown end stands open.

    Nothing for a range whose ends contradict each other.
    """
    low, high = _end(span, facets.get(span.low), span.lowest), _end(span, facets.get(span.high), span.highest)
    edges = np.linspace(span.lowest, span.highest, RANGE_STEPS + 1)
    if low > high:
        return {}
    return {str(step): 1.0 for step in range(RANGE_STEPS) if edges[step] <= high and edges[step + 1] >= low}


def _end(span: Range, value: FacetValue | None, otherwise: float) -> float:
    known = value if isinstance(value, float) else otherwise
    return min(max(known, span.lowest), span.highest)


def _unit(block: _Cells) -> _Cells:
    length = float(np.linalg.norm(list(block.values()))) if block else 0.0
    return {name: value / length for name, value in block.items()} if length else {}

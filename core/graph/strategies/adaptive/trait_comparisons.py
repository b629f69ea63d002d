"""What the trait table says of two attributes side by side, as numbers a model can learn from.

Which facets can be compared follows from the schema: sets and names with the same list of values share some or do not,
numbers stand beside each other. How much a comparison matters, and in which direction, is left to the model: no rule
of the offline judge is used here.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.graph.strategies.adaptive.pairs import PairList
from core.knowledge.schema import CategoryFacet, NamesFacet, Schema, SetFacet
from core.knowledge.traits import Traits, TraitTable, Unknown

UNKNOWN = -99.0  # below every value: trees split it off, and a column that is unknown throughout does no harm
_PLACE = 0.5  # a value's weight falls with its place: 1, 1/1.5, 1/2, ...


class Column(NamedTuple):
    """One number for each pair, float32 [P]; `UNKNOWN` where an end lacks the facet."""

    name: str
    values: NDArray[np.float32]


class _Listing(NamedTuple):
    """Which values attributes list: 0/1 and by place, float32 [N, V]; `is_known`: bool [N]."""

    facet: str
    holds: NDArray[np.float32]
    weight: NDArray[np.float32]
    is_known: NDArray[np.bool_]


def trait_columns(catalogue: Catalogue, pairs: PairList, table: TraitTable) -> Iterator[Column]:
    """Every comparison that the schema allows and that is known of at least one pair."""
    resolved = [table.resolve(attribute) for attribute in catalogue.attributes]
    for columns in (
        _shared_values(resolved, pairs, table.schema),
        _names_listed(resolved, pairs, table.schema),
        _numbers_of_both(resolved, pairs, table.schema),
    ):
        yield from (column for column in columns if (column.values != UNKNOWN).any())


def _shared_values(resolved: Sequence[Traits | Unknown], pairs: PairList, schema: Schema) -> Iterator[Column]:
    listings = [
        _listing(resolved, facet, schema) for facet, spec in schema.facets.items() if isinstance(spec, SetFacet)
    ]
    for left in listings:
        for right in listings:
            if schema.values_of(left.facet) != schema.values_of(right.facet):
                continue
            known = left.is_known[pairs.first] & right.is_known[pairs.second]
            if not known.any():
                continue
            common = np.maximum(left.holds.sum(axis=0), right.holds.sum(axis=0))
            rarity = np.log((len(resolved) + 1) / (1 + common)).astype(np.float32)
            for how, shared in (
                ("weighted", (left.weight * rarity) @ right.weight.T),
                ("count", left.holds @ right.holds.T),
            ):
                values = shared[pairs.first, pairs.second]
                yield Column(f"{left.facet} x {right.facet}, {how}", np.where(known, values, np.float32(UNKNOWN)))


def _listing(resolved: Sequence[Traits | Unknown], facet: str, schema: Schema) -> _Listing:
    place = {value: number for number, value in enumerate(schema.values_of(facet))}
    holds = np.zeros((len(resolved), len(place)), dtype=np.float32)
    weight = np.zeros_like(holds)
    for row, traits in enumerate(resolved):
        listed = _facet(traits, facet)
        for rank, value in enumerate(listed if isinstance(listed, tuple) else ()):
            holds[row, place[value]] = 1.0
            weight[row, place[value]] = 1 / (1 + _PLACE * rank)
    return _Listing(facet, holds, weight, np.asarray(holds.any(axis=1)))


def _names_listed(resolved: Sequence[Traits | Unknown], pairs: PairList, schema: Schema) -> Iterator[Column]:
    """Whether one end's list of names holds the other's entry, or a value of it (its region)."""
    for facet, spec in schema.facets.items():
        if not isinstance(spec, NamesFacet):
            continue
        lists = np.full((len(resolved), len(resolved)), UNKNOWN, dtype=np.float32)
        goes_by = [_names_of(traits) if _kind(traits) == spec.kind else None for traits in resolved]
        named = np.array([names is not None for names in goes_by], dtype=np.bool_)
        for row, traits in enumerate(resolved):
            listed = _facet(traits, facet)
            if isinstance(listed, tuple):
                wanted = set(listed)
                lists[row, named] = [not wanted.isdisjoint(names) for names in goes_by if names is not None]
        yield Column(f"{facet} of the first", lists[pairs.first, pairs.second])
        yield Column(f"{facet} of the second", lists[pairs.second, pairs.first])


def _numbers_of_both(resolved: Sequence[Traits | Unknown], pairs: PairList, schema: Schema) -> Iterator[Column]:
    """Ranks, quantities and categories of either end, differences of ranks on one scale, overlaps of ranges."""
    single = {
        facet: _numbers(resolved, facet, schema)
        for facet, spec in schema.facets.items()
        if not isinstance(spec, SetFacet | NamesFacet)
    }
    for facet, values in single.items():
        yield Column(f"{facet} of the first", _known_or(values[pairs.first]))
        yield Column(f"{facet} of the second", _known_or(values[pairs.second]))
    ranks = [facet for facet in single if schema.facets[facet].type == "ordinal"]
    for left in ranks:
        for right in ranks:
            yield Column(f"{left} - {right}", _known_or(single[left][pairs.first] - single[right][pairs.second]))
    for name, span in schema.ranges.items():
        low = np.nan_to_num(single[span.low], nan=span.lowest)
        high = np.nan_to_num(single[span.high], nan=span.highest)
        overlap = np.minimum(high[pairs.first], high[pairs.second]) - np.maximum(low[pairs.first], low[pairs.second])
        yield Column(f"overlap of {name}", overlap.astype(np.float32))


def _numbers(resolved: Sequence[Traits | Unknown], facet: str, schema: Schema) -> NDArray[np.float32]:
    spec = schema.facets[facet]
    code = {value: float(number) for number, value in enumerate(spec.values)} if isinstance(spec, CategoryFacet) else {}
    found = (_facet(traits, facet) for traits in resolved)
    return np.array(
        [code[v] if isinstance(v, str) else v if isinstance(v, float) else np.nan for v in found], dtype=np.float32
    )


def _known_or(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.nan_to_num(values, nan=UNKNOWN)


def _facet(traits: Traits | Unknown, facet: str) -> object:
    return traits.facets.get(facet) if isinstance(traits, Traits) else None


def _kind(traits: Traits | Unknown) -> str:
    return traits.kind if isinstance(traits, Traits) else ""


def _names_of(traits: Traits | Unknown) -> set[str]:
    if isinstance(traits, Unknown):
        return set()
    return {traits.entry, *(value for value in traits.facets.values() if isinstance(value, str))}

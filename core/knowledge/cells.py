"""What a cell of a trait table says: its text read as the value of a facet."""

from collections.abc import Callable
from typing import NamedTuple

from core.knowledge.names import case_key, loose_key
from core.knowledge.schema import NamesFacet, NumberFacet, OrdinalFacet, Schema, SetFacet

FacetValue = float | str | tuple[str, ...]  # several values: the most telling first
NameOf = Callable[[str, str], str | None]  # kind, text -> the row's own name

SEPARATOR = "|"
HIGHEST_NUMBER = 200.0


class Cell(NamedTuple):
    """A cell read: its value (None if nothing in it could be used) and what was wrong with it."""

    value: FacetValue | None
    faults: tuple[str, ...] = ()


def read_cell(schema: Schema, facet: str, text: str, name_of: NameOf) -> Cell:
    """Read a non-empty cell; faults are sentences, and the parts that are right keep their value."""
    spec = schema.facets[facet]
    if isinstance(spec, OrdinalFacet):
        return _read_level(spec, text)
    if isinstance(spec, NumberFacet):
        return _read_number(spec, text)
    parts = [part.strip() for part in text.split(SEPARATOR) if part.strip()]
    doubled = tuple(f"{part!r} is listed twice." for part in sorted({p for p in parts if parts.count(p) > 1}))
    if isinstance(spec, NamesFacet):
        cell = _read_names(schema, spec, parts, name_of)
    else:
        cell = _read_listed(schema, facet, parts, several=isinstance(spec, SetFacet))
    return Cell(cell.value, doubled + cell.faults)


def _read_level(spec: OrdinalFacet, text: str) -> Cell:
    by_name = {loose_key(label): level for level, label in spec.levels.items()}
    level = text if text in spec.levels else by_name.get(loose_key(text))
    if level is None:
        levels = ", ".join(f"{number} ({label})" for number, label in spec.levels.items())
        return Cell(None, (f"{text!r} is not a level; levels are {levels}.",))
    return Cell(float(level))


def _read_number(spec: NumberFacet, text: str) -> Cell:
    try:
        number = float(text)
    except ValueError:
        return Cell(None, (f"{text!r} is not a number of {spec.unit}.",))
    if not 0 <= number <= HIGHEST_NUMBER:
        return Cell(None, (f"{text} {spec.unit} lies outside 0 to {HIGHEST_NUMBER:.0f}.",))
    return Cell(number)


def _read_listed(schema: Schema, facet: str, parts: list[str], *, several: bool) -> Cell:
    read = {part: schema.spellings[facet].get(loose_key(part)) for part in parts}
    known = [value for value in read.values() if value]
    faults = [f"{part!r} is not in the list of {facet}." for part, value in read.items() if not value]
    if several:
        return Cell(tuple(dict.fromkeys(known)) or None, tuple(faults))
    if len(parts) > 1:
        return Cell(None, (*faults, f"{facet} holds one value, not {len(parts)}."))
    return Cell(known[0] if known else None, tuple(faults))


def _read_names(schema: Schema, spec: NamesFacet, parts: list[str], name_of: NameOf) -> Cell:
    spelling = {case_key(value): value for value in schema.values_of(spec.or_values_of)} if spec.or_values_of else {}
    names = {part: name_of(spec.kind, part) or spelling.get(case_key(part)) for part in parts}
    faults = [f"{part!r} is not a name in {schema.kinds[spec.kind].file}." for part, name in names.items() if not name]
    return Cell(tuple(dict.fromkeys(name for name in names.values() if name)) or None, tuple(faults))

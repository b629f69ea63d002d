"""The vocabulary of a trait table: which facets exist, what a cell may hold, which kinds carry them."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.errors import Problem
from core.knowledge.files import read_model
from core.knowledge.names import loose_key

SCHEMA_FILE = "schema.toml"


class Strict(BaseModel):
    """What a person writes: unknown keys are errors, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OrdinalFacet(Strict):
    """A rank: the cell holds one of the level numbers."""

    type: Literal["ordinal"]
    levels: dict[str, str] = Field(min_length=2)


class NumberFacet(Strict):
    """A quantity in `unit`."""

    type: Literal["number"]
    unit: str


class CategoryFacet(Strict):
    """One of a closed list of values."""

    type: Literal["category"]
    values: tuple[str, ...] = Field(min_length=1)


class SetFacet(Strict):
    """Any number of values of a closed list: its own, or that of the facet named in `values_of`."""

    type: Literal["set"]
    values: tuple[str, ...] = ()
    values_of: str = ""


class NamesFacet(Strict):
    """Any number of names of rows of `kind`, or of values of that kind's category facet `or_values_of`."""

    type: Literal["names"]
    kind: str
    or_values_of: str = ""


Facet = Annotated[OrdinalFacet | NumberFacet | CategoryFacet | SetFacet | NamesFacet, Field(discriminator="type")]


class Kind(Strict):
    """One sort of attribute: its file, its facets, and the modality names it goes by.

    `identity`: facets of which at least one must be known before an attribute outside the table may be judged.
    """

    file: str
    facets: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    identity: tuple[str, ...] = Field(min_length=1)


class Range(Strict):
    """Two facets that bound one quantity; an unknown end stands open at `lowest` or `highest`.

    `read_in_text`: the kinds in whose values and descriptions "25-34" or "45+" means this range.
    """

    low: str
    high: str
    lowest: float
    highest: float
    read_in_text: tuple[str, ...] = ()


class Schema(Strict):
    """The whole vocabulary, with the date and the source of what is written in it."""

    dated: str
    source: str
    facets: dict[str, Facet]
    kinds: dict[str, Kind]
    ranges: dict[str, Range] = {}

    @cached_property
    def kind_by_name(self) -> Mapping[str, str]:
        """Every name of a kind, as `loose_key` writes it, to the kind."""
        return {loose_key(name): kind for kind, spec in self.kinds.items() for name in (kind, *spec.aliases)}

    @cached_property
    def spellings(self) -> Mapping[str, Mapping[str, str]]:
        """Facet to the values of its closed list, by their `loose_key`."""
        return {facet: {loose_key(value): value for value in self.values_of(facet)} for facet in self.facets}

    def values_of(self, facet: str) -> tuple[str, ...]:
        """The closed list of a category or set facet; empty for every other type."""
        spec = self.facets[facet]
        if isinstance(spec, SetFacet):
            return self.values_of(spec.values_of) if spec.values_of else spec.values
        return spec.values if isinstance(spec, CategoryFacet) else ()


def read_schema(folder: Path, problems: list[Problem]) -> Schema | None:
    """Read `schema.toml`; what is wrong is added to `problems`, and None returned if nothing can be built on it."""
    schema = read_model(Schema, folder / SCHEMA_FILE, problems)
    if schema is None:
        return None
    found = _reference_problems(schema)
    problems.extend(found)
    return None if found else schema


def _reference_problems(schema: Schema) -> list[Problem]:
    """Names used in the schema that nothing in it defines, and kind names given twice."""
    facets = schema.facets
    used: list[tuple[str, str]] = []
    for name, facet in facets.items():
        if isinstance(facet, SetFacet) and facet.values_of:
            used.append((f"facets.{name}.values_of", facet.values_of))
        if isinstance(facet, NamesFacet) and facet.or_values_of:
            used.append((f"facets.{name}.or_values_of", facet.or_values_of))
    for kind, spec in schema.kinds.items():
        used += [(f"kinds.{kind}.facets", name) for name in spec.facets]
        used += [(f"kinds.{kind}.identity", name) for name in spec.identity]
    for name, span in schema.ranges.items():
        used += [(f"ranges.{name}.low", span.low), (f"ranges.{name}.high", span.high)]
    undefined = [(place, name) for place, name in used if name not in facets]
    missing = [_problem(f"There is no facet {name!r}.", "Define it under [facets].", at) for at, name in undefined]
    return missing + _kind_problems(schema)


def _kind_problems(schema: Schema) -> list[Problem]:
    used = [
        (f"facets.{name}.kind", facet.kind) for name, facet in schema.facets.items() if isinstance(facet, NamesFacet)
    ]
    for name, span in schema.ranges.items():
        used += [(f"ranges.{name}.read_in_text", kind) for kind in span.read_in_text]
    kinds = ", ".join(schema.kinds)
    problems = [
        _problem(f"There is no kind {kind!r}; kinds are {kinds}.", "Name one of them.", place)
        for place, kind in used
        if kind not in schema.kinds
    ]
    owner: dict[str, str] = {}
    for kind, spec in schema.kinds.items():
        for name in (kind, *spec.aliases):
            first = owner.setdefault(loose_key(name), kind)
            if first != kind:
                message = f"{name!r} already names the kind {first!r}."
                problems.append(_problem(message, "Give every kind its own names.", f"kinds.{kind}.aliases"))
    return problems


def _problem(message: str, fix: str, place: str) -> Problem:
    return Problem(message, fix, field=f"{SCHEMA_FILE}: {place}")

"""Conditions on facets, as rules write them: `a.price_tier >= 4`, `b.reach is national`, `a.interests has beer`."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from core.knowledge.cells import FacetValue

Side = Literal["a", "b"]
Facets = Mapping[str, FacetValue]

_REFERENCE = re.compile(r"([ab])\.(\w+)")
_CONDITION = re.compile(r"([ab])\.(\w+) (>=|<=|is not|is|has no|has|leads with) (\S+)")


class Reference(NamedTuple):
    """A facet of one side of a pair."""

    side: Side
    facet: str

    def value(self, a: Facets, b: Facets) -> FacetValue | None:
        """The value of the facet on its side; None where it is not known."""
        return (a if self.side == "a" else b).get(self.facet)


class Condition(NamedTuple):
    """A test of one facet; a facet that is not known fails every test except `is unknown`."""

    reference: Reference
    operator: str
    operand: str

    def holds(self, a: Facets, b: Facets) -> bool:
        """Whether the pair passes the test."""
        value = self.reference.value(a, b)
        if self.operand in ("known", "unknown"):
            return (value is None) == (self.operand == "unknown")
        if value is None:
            return False
        if isinstance(value, float):
            return value >= float(self.operand) if self.operator == ">=" else value <= float(self.operand)
        if isinstance(value, tuple):
            if self.operator == "leads with":
                return value[0] == self.operand
            return (self.operand in value) == (self.operator == "has")
        return (value == self.operand) == (self.operator == "is")


def parse_reference(text: str) -> Reference:
    """Read `a.facet`; ValueError when it is written otherwise."""
    match = _REFERENCE.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} does not read as a.facet or b.facet")
    return Reference("a" if match[1] == "a" else "b", match[2])


def parse_condition(text: str) -> Condition:
    """Read a condition; ValueError when it is written otherwise."""
    match = _CONDITION.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} does not read as a condition such as 'a.price_tier >= 4' or 'b.reach is national'")
    return Condition(parse_reference(f"{match[1]}.{match[2]}"), match[3], match[4])

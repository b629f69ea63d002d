"""Two attributes side by side, as a comparison sees them."""

from collections.abc import Mapping
from typing import NamedTuple

from core.knowledge.conditions import Facets, Reference, Side
from core.knowledge.schema import Range
from core.knowledge.traits import Traits


class Interval(NamedTuple):
    """Both ends of a range; an unknown end stands at the range's limit."""

    low: float
    high: float


class Match(NamedTuple):
    """How far a term holds (0..1], and the shared values it holds by, most telling first."""

    amount: float
    shared: tuple[str, ...] = ()


class Pair(NamedTuple):
    """Two attributes in the order of a rule's kinds, with what every comparison may need."""

    a: Traits
    b: Traits
    ranges: Mapping[str, Range]
    rarity: Mapping[str, Mapping[str, float]]  # term name -> value -> how much a shared value counts, 0 to 1
    entries: Mapping[tuple[str, str], Facets]  # (kind, name) -> what the table says of it

    def values(self, reference: Reference) -> tuple[str, ...]:
        """The values of a set or names facet, most telling first; empty where not known."""
        value = reference.value(self.a.facets, self.b.facets)
        return value if isinstance(value, tuple) else ()

    def interval(self, reference: Reference) -> Interval | None:
        """The range of one side; None where neither end is known."""
        span = self.ranges[reference.facet]
        facets = self.side(reference.side).facets
        low, high = facets.get(span.low), facets.get(span.high)
        if low is None and high is None:
            return None
        return Interval(
            low if isinstance(low, float) else span.lowest, high if isinstance(high, float) else span.highest
        )

    def lists_alike(self, reference: Reference, facet: Reference) -> bool:
        """Whether a list holds a name whose row has the same value of a facet as the other side."""
        other = self.side(facet.side)
        value = other.facets.get(facet.facet)
        rows = (self.entries.get((other.kind, name), {}) for name in self.values(reference))
        return value is not None and any(row.get(facet.facet) == value for row in rows)

    def side(self, side: Side) -> Traits:
        """The attribute on a side."""
        return self.a if side == "a" else self.b

    def lists_other(self, reference: Reference) -> bool:
        """Whether a list of names on one side holds the other side's entry, or one of its category values."""
        listed = self.values(reference)
        if not listed:
            return False
        other = self.side("b" if reference.side == "a" else "a")
        return other.entry in listed or any(v in listed for v in other.facets.values() if isinstance(v, str))

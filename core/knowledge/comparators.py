"""The few ways in which rules compare two attributes; each finds how far something holds, from 0 to 1."""

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from core.knowledge.conditions import Condition, Reference, parse_condition, parse_reference
from core.knowledge.pair import Match, Pair
from core.knowledge.schema import Strict

FacetRef = Annotated[Reference, BeforeValidator(parse_reference)]  # "a.categories"
RangeRef = Annotated[Reference, BeforeValidator(parse_reference)]  # "b.age", the name of a range of the schema
Test = Annotated[Condition, BeforeValidator(parse_condition)]


class Term(Strict, ABC):
    """One piece of evidence a rule looks for.

    `weight`: what it adds to the score when it holds in full, above 0 for and below 0 against the pair. `supporting`:
    it only backs up what else speaks for the pair. `decides`: the pair is negative whatever speaks for it. `when`:
    conditions that must all hold. `reason`: a sentence.
    """

    facet_types: ClassVar[tuple[str, ...]] = ()  # types of facet that the comparison can read

    name: str
    weight: float
    reason: str
    supporting: bool = False
    decides: bool = False
    when: tuple[Test, ...] = ()

    def find(self, pair: Pair) -> Match | None:
        """How far the term holds for the pair; None if not at all."""
        a, b = pair.a.facets, pair.b.facets
        for condition in self.when:
            if not condition.holds(a, b):
                return None
        return self.compare_sides(pair)

    @abstractmethod
    def compare_sides(self, pair: Pair) -> Match | None:
        """The comparison itself, conditions aside."""

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """Facets the comparison reads, for checking against the schema."""
        return ()

    @property
    def category_references(self) -> tuple[Reference, ...]:
        """Category facets the comparison reads beside those, for checking against the schema."""
        return ()

    @property
    def range_references(self) -> tuple[Reference, ...]:
        """Ranges the comparison reads, for checking against the schema."""
        return ()


class Shares(Term):
    """Two sets have values in common.

    `counted` by "rarity": each shared value by its rarity and its place in both sets, at most 1 in all; by "part": the
    part of the left set that is shared, each value by its place; by "any": in full as soon as one value is shared.
    `places` weighs a value by its place in a set, whose first value is the most telling one; the last weight stays.
    """

    facet_types = ("set",)

    compare: Literal["shares"]
    left: FacetRef
    right: FacetRef
    counted: Literal["rarity", "part", "any"] = "rarity"
    places: tuple[float, ...] = Field(default=(1.0, 0.9, 0.8, 0.7, 0.6, 0.5), min_length=1)

    def compare_sides(self, pair: Pair) -> Match | None:
        """How far the sets agree, counted as `counted` says; the values that count most come first."""
        left, right = pair.values(self.left), pair.values(self.right)
        shared = [value for value in left if value in right]
        if not shared:
            return None
        if self.counted == "any":
            return Match(1.0, tuple(shared))
        if self.counted == "part":
            part = sum(self._place(left, value) for value in shared)
            return Match(part / sum(self._place(left, value) for value in left), tuple(shared))
        rarity = pair.rarity[self.name]
        counts = {
            value: rarity.get(value, 1.0) * self._place(left, value) * self._place(right, value) for value in shared
        }
        ordered = sorted(shared, key=lambda value: (-counts[value], value))
        return Match(min(1.0, sum(counts.values())), tuple(ordered))

    def _place(self, values: tuple[str, ...], value: str) -> float:
        return self.places[min(values.index(value), len(self.places) - 1)]

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """Both sets."""
        return (self.left, self.right)


class Lists(Term):
    """One side's list of names holds the other side."""

    facet_types = ("names",)

    compare: Literal["lists"]
    list: FacetRef

    def compare_sides(self, pair: Pair) -> Match | None:
        """1 where it is listed."""
        return Match(1.0) if pair.lists_other(self.list) else None

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """The list."""
        return (self.list,)


class ListsNone(Term):
    """None of one side's lists of names holds the other side, though at least one of the lists is known.

    With `alike`, a category facet of the other side, a listed name of the same value is as good as the other side.
    """

    facet_types = ("names",)

    compare: Literal["lists none"]
    lists: tuple[FacetRef, ...] = Field(min_length=1)
    alike: FacetRef | None = None

    def compare_sides(self, pair: Pair) -> Match | None:
        """1 where no list holds it."""
        known = [reference for reference in self.lists if pair.values(reference)]
        if not known or any(map(pair.lists_other, known)):
            return None
        if self.alike and any(pair.lists_alike(reference, self.alike) for reference in known):
            return None
        return Match(1.0)

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """Every list."""
        return self.lists

    @property
    def category_references(self) -> tuple[Reference, ...]:
        """The facet that makes names alike."""
        return (self.alike,) if self.alike else ()


class Lacks(Term):
    """One side needs one of several values and the other, whose values are known, has none of them."""

    facet_types = ("set",)

    compare: Literal["lacks"]
    needs: FacetRef
    has: FacetRef

    def compare_sides(self, pair: Pair) -> Match | None:
        """1 where nothing that is needed is there."""
        needs, has = pair.values(self.needs), pair.values(self.has)
        return Match(1.0) if needs and has and not set(needs) & set(has) else None

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """Both sets."""
        return (self.needs, self.has)


class Equals(Term):
    """Two single values are the same, or with `differ` set, different; values in `fits_all` never differ."""

    facet_types = ("category",)

    compare: Literal["equals"]
    left: FacetRef
    right: FacetRef
    differ: bool = False
    fits_all: tuple[str, ...] = ()

    def compare_sides(self, pair: Pair) -> Match | None:
        """1 where the values are as asked."""
        left, right = (reference.value(pair.a.facets, pair.b.facets) for reference in (self.left, self.right))
        if left is None or right is None or (self.differ and (left in self.fits_all or right in self.fits_all)):
            return None
        return Match(1.0) if (left != right) == self.differ else None

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """Both values."""
        return (self.left, self.right)


class Overlaps(Term):
    """Two ranges overlap: the common part of the shorter range, or with `of = "both"` of the range that spans both.

    Below `at_least` the term does not hold.
    """

    compare: Literal["overlaps"]
    left: RangeRef
    right: RangeRef
    of: Literal["shorter", "both"] = "shorter"
    at_least: float = Field(default=0.5, gt=0, le=1)

    def compare_sides(self, pair: Pair) -> Match | None:
        """The common part."""
        left, right = pair.interval(self.left), pair.interval(self.right)
        if left is None or right is None:
            return None
        common = min(left.high, right.high) - max(left.low, right.low)
        shorter = min(left.high - left.low, right.high - right.low)
        whole = shorter if self.of == "shorter" else max(left.high, right.high) - min(left.low, right.low)
        share = 1.0 if common >= 0 and whole <= 0 else common / max(whole, 1e-9)
        return Match(min(1.0, share)) if share >= self.at_least else None

    @property
    def range_references(self) -> tuple[Reference, ...]:
        """Both ranges."""
        return (self.left, self.right)


class Apart(Term):
    """Two ranges do not meet; a gap of `full_at` or more counts in full."""

    compare: Literal["apart"]
    left: RangeRef
    right: RangeRef
    full_at: float = Field(gt=0)

    def compare_sides(self, pair: Pair) -> Match | None:
        """The gap as a share of `full_at`."""
        left, right = pair.interval(self.left), pair.interval(self.right)
        if left is None or right is None:
            return None
        gap = max(left.low, right.low) - min(left.high, right.high)
        return Match(min(1.0, gap / self.full_at)) if gap > 0 else None

    @property
    def range_references(self) -> tuple[Reference, ...]:
        """Both ranges."""
        return (self.left, self.right)


class Position(Term):
    """A value lies above, below or within the other side's range; outside it, `full_at` steps count in full."""

    facet_types = ("ordinal", "number")

    compare: Literal["above", "below", "within"]
    value: FacetRef
    range: RangeRef
    full_at: float = Field(default=1.0, gt=0)

    def compare_sides(self, pair: Pair) -> Match | None:
        """1 within the range; outside, the number of steps as a share of `full_at`."""
        value, interval = self.value.value(pair.a.facets, pair.b.facets), pair.interval(self.range)
        if not isinstance(value, float) or interval is None:
            return None
        if self.compare == "within":
            return Match(1.0) if interval.low <= value <= interval.high else None
        steps = value - interval.high if self.compare == "above" else interval.low - value
        return Match(min(1.0, steps / self.full_at)) if steps > 0 else None

    @property
    def facet_references(self) -> tuple[Reference, ...]:
        """The value."""
        return (self.value,)

    @property
    def range_references(self) -> tuple[Reference, ...]:
        """The range."""
        return (self.range,)


class Holds(Term):
    """The conditions alone are the evidence."""

    compare: Literal["holds"]
    when: tuple[Test, ...] = Field(min_length=1)

    def compare_sides(self, pair: Pair) -> Match | None:  # noqa: ARG002
        """1, since the conditions held."""
        return Match(1.0)


AnyTerm = Annotated[
    Shares | Lists | ListsNone | Lacks | Equals | Overlaps | Apart | Position | Holds, Field(discriminator="compare")
]

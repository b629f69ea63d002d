"""The compatibility rules as a person writes them: evidence per pair of kinds, thresholds, and words for values."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import combinations_with_replacement
from pathlib import Path

from pydantic import Field

from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.knowledge.comparators import AnyTerm, Term
from core.knowledge.conditions import Condition, Reference
from core.knowledge.files import read_model
from core.knowledge.schema import Facet, NamesFacet, NumberFacet, OrdinalFacet, Schema, SetFacet, Strict
from core.knowledge.sentences import placeholders
from core.knowledge.traits import SHIPPED_FOLDER

RULES_FILE = "rules.toml"


class PairRules(Strict):
    """The evidence for one pair of kinds: `a` is an attribute of the first, `b` of the second.

    All that speaks for a pair counts `for_at_most` together. A score of `positive_from` or more makes it positive, of
    minus `negative_from` or less negative.
    """

    kinds: tuple[str, str]
    for_at_most: float = Field(gt=0)
    positive_from: float = Field(gt=0)
    negative_from: float = Field(gt=0)
    terms: tuple[AnyTerm, ...]


class Rules(Strict):
    """The rule book.

    `common`: what a shared value counts that every row has, where one that a single row has counts 1;
    `support_at_most`: what supporting terms may add, as a share of what they support; `labels`: words for values and
    names in reasons, where a value without one is shown with spaces.
    """

    dated: str
    support_at_most: float = Field(ge=0)
    common: float = Field(ge=0, le=1)
    labels: dict[str, str]
    pairs: tuple[PairRules, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Content id of the whole rule book."""
        return content_id("rules", self.model_dump(mode="json"))


def load_rules(schema: Schema, folder: Path = SHIPPED_FOLDER) -> Rules:
    """Read `rules.toml` and check it against the schema; `InvalidInput` lists every fault with its place."""
    problems: list[Problem] = []
    rules = read_model(Rules, folder / RULES_FILE, problems)
    if rules is not None:
        problems.extend(_faults(rules, schema))
    if rules is None or problems:
        raise InvalidInput(f"The rules in {folder}", problems)
    return rules


def uncovered_kinds(rules: Rules, schema: Schema) -> tuple[tuple[str, str], ...]:
    """Pairs of kinds that the rule book says nothing about; their attributes stay unjudged."""
    covered = {frozenset(pair.kinds) for pair in rules.pairs}
    every = combinations_with_replacement(schema.kinds, 2)
    return tuple(kinds for kinds in every if frozenset(kinds) not in covered)


def _faults(rules: Rules, schema: Schema) -> Iterator[Problem]:
    times = Counter(frozenset(pair.kinds) for pair in rules.pairs)
    for number, pair in enumerate(rules.pairs):
        place = f"pairs.{number} ({' and '.join(pair.kinds)})"
        unknown = [kind for kind in pair.kinds if kind not in schema.kinds]
        for kind in unknown:
            yield _problem(f"There is no kind {kind!r}; kinds are {', '.join(schema.kinds)}.", f"{place}.kinds")
        if times[frozenset(pair.kinds)] > 1:
            yield _problem("This pair of kinds has more than one block of rules; put them together.", place)
        names = Counter(term.name for term in pair.terms)
        for name in (name for name, count in names.items() if count > 1):
            yield _problem(f"Two terms are called {name!r}.", f"{place}.terms")
        if not unknown:
            for term in pair.terms:
                for message in _term_faults(term, pair.kinds, schema):
                    yield _problem(message, f"{place}.terms.{term.name}")


def _term_faults(term: Term, kinds: tuple[str, str], schema: Schema) -> Iterator[str]:
    if term.weight == 0 or (term.decides and term.weight > 0):
        yield "The weight is above 0 for evidence for a pair and below 0 against it; only the latter can decide."
    if term.supporting and term.weight < 0:
        yield "Only evidence for a pair can be supporting."
    for span in (reference for reference in term.range_references if reference.facet not in schema.ranges):
        yield f"There is no range {span.facet!r}; ranges are {', '.join(schema.ranges)}."
    for span in (reference for reference in term.range_references if reference.facet in schema.ranges):
        ends = schema.ranges[span.facet]
        if not {ends.low, ends.high} <= set(_facets_of(span, kinds, schema)):
            yield f"{_kind_of(span, kinds)} has no {span.facet}."
    tests = [condition.reference for condition in term.when]
    for reference in (*term.facet_references, *term.category_references, *tests, *placeholders(term.reason)):
        if reference.facet not in _facets_of(reference, kinds, schema):
            yield f"{_kind_of(reference, kinds)} has no facet {reference.facet!r}."
    yield from _type_faults(term, schema)
    for condition in term.when:
        if condition.reference.facet in schema.facets:
            yield from _condition_faults(condition, schema.facets[condition.reference.facet], schema)


def _type_faults(term: Term, schema: Schema) -> Iterator[str]:
    for reference in term.facet_references:
        facet = schema.facets.get(reference.facet)
        if facet is not None and facet.type not in term.facet_types:
            yield f"{reference.facet!r} is a {facet.type} facet, which this comparison cannot use."
    for reference in term.category_references:
        facet = schema.facets.get(reference.facet)
        if facet is not None and facet.type != "category":
            yield f"{reference.facet!r} is a {facet.type} facet, where a category is needed."


def _condition_faults(condition: Condition, facet: Facet, schema: Schema) -> Iterable[str]:
    name, operator, operand = condition.reference.facet, condition.operator, condition.operand
    if operand in ("known", "unknown"):
        return () if operator == "is" else (f"Write '{name} is {operand}'.",)
    if isinstance(facet, OrdinalFacet | NumberFacet):
        number = operand.replace(".", "", 1).isdigit()
        return () if operator in (">=", "<=") and number else (f"{name!r} is compared with >= or <= and a number.",)
    wanted = ("has", "has no", "leads with") if isinstance(facet, SetFacet | NamesFacet) else ("is", "is not")
    if operator not in wanted:
        return (f"{name!r} is tested with {' or '.join(wanted)}.",)
    listed = schema.values_of(name)
    return (f"{operand!r} is not in the list of {name}.",) if listed and operand not in listed else ()


def _kind_of(reference: Reference, kinds: tuple[str, str]) -> str:
    return kinds[0] if reference.side == "a" else kinds[1]


def _facets_of(reference: Reference, kinds: tuple[str, str], schema: Schema) -> tuple[str, ...]:
    return schema.kinds[_kind_of(reference, kinds)].facets


def _problem(message: str, place: str) -> Problem:
    return Problem(message, "Correct the rule.", field=f"{RULES_FILE}: {place}")

"""What is known of an attribute, as short lines: its own columns first, then what the trait table says of it."""

from typing import NamedTuple

from core.catalogue.model import Attribute
from core.knowledge.schema import Schema
from core.knowledge.trait_facts import TraitFacts
from core.knowledge.traits import Traits, TraitTable


class KnownFact(NamedTuple):
    """One thing known: what it is about (empty where the sentence does not say), and what it is. Text of users."""

    label: str
    text: str


def known_facts(attribute: Attribute, table: TraitTable) -> tuple[KnownFact, ...]:
    """The columns of the catalogue and the facts of the trait table; nothing for an attribute without either."""
    own = [KnownFact(_spoken(name), text) for name, text in attribute.facts.items()]
    resolved = table.resolve(attribute)
    start = f"{resolved.name}: "
    told = TraitFacts(table).facts_about(attribute) if isinstance(resolved, Traits) else ()
    labels = _labels(table.schema)
    return (*own, *(_fact(fact.text.removeprefix(start).removesuffix("."), labels) for fact in told))


def _fact(sentence: str, labels: tuple[str, ...]) -> KnownFact:
    label = next((label for label in labels if sentence.startswith(f"{label} ")), "")
    return KnownFact(label.capitalize(), sentence[len(label) :].strip())


def _labels(schema: Schema) -> tuple[str, ...]:
    """The names that sentences begin with, the longest first."""
    return tuple(sorted(map(_spoken, (*schema.facets, *schema.ranges)), key=len, reverse=True))


def _spoken(name: str) -> str:
    return name.replace("_", " ")

"""What the members of a cluster share and others of their kind do not: a name, a sentence and characteristics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

from core.catalogue.model import Attribute
from core.graph.attribute_vectors import IDENTITY_WEIGHT
from core.graph.clusters.model import ClusterCard
from core.graph.strategies.cluster.replies import LABEL_LENGTH, N_CHARACTERISTICS, SENTENCE_LENGTH, clean_text
from core.knowledge.cells import FacetValue
from core.knowledge.lists import spoken
from core.knowledge.schema import CategoryFacet, NamesFacet, OrdinalFacet, SetFacet
from core.knowledge.traits import Traits, TraitTable

MORE_THAN = 0.5  # of the members must have a fact before it may stand for the cluster
LABEL_WORDS = 4
_FIRST_PLACES = 4  # values of a set beyond these are side issues of the attribute


class Fact(NamedTuple):
    """One value of one facet."""

    facet: str
    value: str


class TellingFact(NamedTuple):
    """A fact that the cluster's members share: in words, the share of members that have it, and how telling it is."""

    fact: Fact
    words: str
    share: float
    weight: float


class TellingFacts:
    """Finds the facts that set a group apart from all rows of the trait table of its kind.

    A facet that says what an attribute is (the schema's `identity` of its kind) counts more than one that says how.
    """

    def __init__(self, table: TraitTable) -> None:
        self._table = table
        self._common = {
            kind: _shares([facts_of(row.facets) for row in rows]) for kind, rows in table.rows.items() if rows
        }

    def shared(self, attributes: Sequence[Attribute]) -> list[TellingFact]:
        """The facts of more than half the members, most telling first.

        Telling is share^2 * log(share / share in the table): rare in the table, and as near to all members as can be.
        """
        resolved = [self._table.resolve(attribute) for attribute in attributes]
        known = [traits for traits in resolved if isinstance(traits, Traits)]
        counts = Counter(fact for traits in known for fact in facts_of(traits.facets))
        shares = {fact: count / len(attributes) for fact, count in counts.items()}
        telling = [
            TellingFact(fact, self._words(fact), share, self._weight(known[0].kind, fact, share))
            for fact, share in shares.items()
            if share > MORE_THAN
        ]
        ordered = sorted(telling, key=lambda told: (-told.weight, told.fact))
        named = {told.words: told for told in reversed(ordered) if told.words}  # of equal words the most telling stays
        return [told for told in ordered if named.get(told.words) is told]

    def _weight(self, kind: str, fact: Fact, share: float) -> float:
        rarest = 1 / (1 + len(self._table.rows.get(kind, ())))
        common = self._common.get(kind, {}).get(fact, rarest)
        is_identity = fact.facet in self._table.schema.kinds[kind].identity
        return share**2 * log(share / common) * (IDENTITY_WEIGHT if is_identity else 1.0)

    def _words(self, fact: Fact) -> str:
        """The value as a planner says it; empty for a number, which names nothing by itself."""
        spec = self._table.schema.facets[fact.facet]
        if isinstance(spec, OrdinalFacet):
            return spec.levels[fact.value]
        if isinstance(spec, CategoryFacet | SetFacet | NamesFacet):
            return fact.value.replace("_", " ")
        return ""


def offline_card(modality: str, attributes: Sequence[Attribute], facts: TellingFacts) -> ClusterCard:
    """A card from shared facts: a label of 2 to 4 words, one sentence, up to three characteristics.

    A cluster whose members share nothing known is named by its first member, the most typical one.
    """
    shared = facts.shared(attributes)
    values = [attribute.value for attribute in attributes]
    if not shared:
        label = clean_text(" ".join(values[0].split()[:2]) + " and others", LABEL_LENGTH)
        return ClusterCard(label, clean_text(f"{_listed(values)}: nothing known is shared.", SENTENCE_LENGTH))
    characteristics = tuple(f"{fact.fact.facet.replace('_', ' ')}: {fact.words}" for fact in shared[:N_CHARACTERISTICS])
    summary = f"{_listed(values)} share {spoken([_told(fact, len(values)) for fact in shared[:N_CHARACTERISTICS]])}."
    return ClusterCard(_label(modality, shared), clean_text(summary, SENTENCE_LENGTH), characteristics)


def facts_of(facets: Mapping[str, FacetValue]) -> set[Fact]:
    """The facets as single facts; of several values the first ones, which are the most telling."""
    facts = set()
    for facet, value in facets.items():
        values = value[:_FIRST_PLACES] if isinstance(value, tuple) else (value,)
        facts |= {Fact(facet, f"{one:g}" if isinstance(one, float) else one) for one in values}
    return facts


def _label(modality: str, shared: Sequence[TellingFact]) -> str:
    """The most telling facts until there are two words or more, never beyond four; the modality fills up one word."""
    words: list[str] = []
    for fact in shared:
        fresh = fact.words.split()
        is_new = not {word.casefold() for word in fresh} & {word.casefold() for word in words}
        if is_new and len(words) + len(fresh) <= LABEL_WORDS:
            words += fresh
        if len(words) >= LABEL_WORDS - 1:
            break
    if len(words) < 2:
        words = (words + modality.split())[:LABEL_WORDS]
    return clean_text(" ".join(word[0].upper() + word[1:] for word in words), LABEL_LENGTH)


def _told(fact: TellingFact, n_members: int) -> str:
    return fact.words if fact.share == 1 else f"{fact.words} ({round(fact.share * n_members)} of {n_members})"


def _listed(values: Sequence[str], most: int = 4) -> str:
    shown = list(values[:most])
    return spoken([*shown, f"{len(values) - most} more"] if len(values) > most else shown)


def _shares(rows: Sequence[set[Fact]]) -> dict[Fact, float]:
    counts = Counter(fact for row in rows for fact in row)
    return {fact: count / len(rows) for fact, count in counts.items()}

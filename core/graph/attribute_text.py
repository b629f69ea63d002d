"""What an attribute is, as a text to embed: its value with a description, written offline from known facts."""

from collections.abc import Sequence

from core.catalogue.model import Attribute, Catalogue
from core.knowledge.cells import FacetValue
from core.knowledge.lists import spoken
from core.knowledge.names import loose_key
from core.knowledge.schema import NumberFacet, OrdinalFacet, Range, Schema
from core.knowledge.traits import Traits, TraitTable

MOST_LISTED = 4  # values of one facet that a description names; they come most telling first

# How a facet reads, for every kind alike; one that is not here reads "name of facet: values". Few words of ours and
# one sentence: with every fact told in sentences of its own, fewer attributes lay next to one of their group, and a
# text took five times as long to embed.
_PHRASES = {
    "categories": "{}",
    "interests": "{}",
    "price_tier": "{} prices",
    "income": "{} incomes",
    "gender": "mostly {}",
    "market": "{}",
    "climate": "{} climate",
    "intents": "used for {}",
    "region": "{}",
    "age": "{}",
    "price": "{} prices",
}


def attribute_text(attribute: Attribute, description: str) -> str:
    """`value: description`; the bare value only where there is no description at all."""
    told = " ".join(description.split())
    return f"{attribute.value}: {told}" if told else attribute.value


def offline_description(attribute: Attribute, table: TraitTable) -> str:
    """The catalogue's own description columns, then what the trait table says it is; empty if there is neither."""
    resolved = table.resolve(attribute)
    known = known_facts(resolved, table.schema) if isinstance(resolved, Traits) else ""
    return " ".join([*_own_sentences(attribute, table), *([known] if known else [])])


def offline_descriptions(catalogue: Catalogue, table: TraitTable) -> tuple[str, ...]:
    """`offline_description` of every attribute in catalogue order."""
    return tuple(offline_description(attribute, table) for attribute in catalogue.attributes)


def texts_with(catalogue: Catalogue, descriptions: Sequence[str]) -> tuple[str, ...]:
    """`attribute_text` with the given descriptions, one per attribute in catalogue order."""
    return tuple(attribute_text(a, text) for a, text in zip(catalogue.attributes, descriptions, strict=True))


def catalogue_texts(catalogue: Catalogue, table: TraitTable) -> tuple[str, ...]:
    """`attribute_text` with its offline description, for every attribute in catalogue order."""
    return texts_with(catalogue, offline_descriptions(catalogue, table))


def known_facts(traits: Traits, schema: Schema) -> str:
    """One sentence of what an attribute is, a phrase per known facet in the schema's order; empty if none is told.

    Told are the identity facets of its kind, levels and numbers, the two ends of a range as one phrase; where it is
    found, what it avoids and other side facts are left out.
    """
    kind = schema.kinds[traits.kind]
    phrases = []
    told: set[str] = set()
    for facet in kind.facets:
        is_side_fact = facet not in kind.identity and not isinstance(schema.facets[facet], OrdinalFacet | NumberFacet)
        if facet not in traits.facets or facet in told or is_side_fact:
            continue
        name, span = _range_of(schema, facet)
        if span is None:
            phrases.append(_phrase(facet, _shown(schema, facet, traits.facets[facet])))
        else:
            told |= {span.low, span.high}
            phrases.append(_phrase(name, _shown_range(schema, span, traits)))
    sentence = ", ".join(phrases)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _own_sentences(attribute: Attribute, table: TraitTable) -> list[str]:
    """Cells of the columns that hold text, as the person wrote them, each ending in a full stop."""
    columns = {loose_key(column) for column in table.synonyms.text_columns}
    texts = [" ".join(text.split()) for column, text in attribute.facts.items() if loose_key(column) in columns]
    return [text if text.endswith((".", "!", "?")) else f"{text}." for text in texts if text]


def _range_of(schema: Schema, facet: str) -> tuple[str, Range | None]:
    for name, span in schema.ranges.items():
        if facet in (span.low, span.high):
            return name, span
    return facet, None


def _phrase(name: str, shown: str) -> str:
    template = _PHRASES.get(name)
    return template.format(shown) if template else f"{_plain(name)}: {shown}"


def _shown(schema: Schema, facet: str, value: FacetValue) -> str:
    if isinstance(value, tuple):
        return spoken([_plain(word) for word in value[:MOST_LISTED]])
    if isinstance(value, str):
        return _plain(value)
    spec = schema.facets[facet]
    number = f"{value:g}"
    if isinstance(spec, OrdinalFacet):
        return spec.levels[number]
    return f"{number} {spec.unit}" if isinstance(spec, NumberFacet) else number


def _shown_range(schema: Schema, span: Range, traits: Traits) -> str:
    """`a to b`, `from a`, `up to b`, or `a` when both ends are the same."""
    low, high = traits.facets.get(span.low), traits.facets.get(span.high)
    if low is None or high is None:
        known, word = (span.high, "up to") if low is None else (span.low, "from")
        return f"{word} {_shown(schema, known, traits.facets[known])}"
    last = _shown(schema, span.high, high)
    if low == high:
        return last
    first = _shown(schema, span.low, low)
    spec = schema.facets[span.low]
    return f"{first.removesuffix(f' {spec.unit}') if isinstance(spec, NumberFacet) else first} to {last}"


def _plain(word: str) -> str:
    return word.replace("_", " ")

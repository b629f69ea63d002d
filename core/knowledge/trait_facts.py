"""The trait table as a source of facts for grounding: one sentence for each thing known of an attribute."""

from collections.abc import Iterator, Sequence

from core.catalogue.model import Attribute
from core.fingerprint import content_id
from core.knowledge.cells import FacetValue
from core.knowledge.evidence import Fact
from core.knowledge.schema import NumberFacet, OrdinalFacet, Range, Schema
from core.knowledge.traits import Traits, TraitTable, Unknown

MOST_LISTED = 12  # values named in one fact; they stand in the order of how telling they are
SENTENCES = 1  # counts up when the same traits would be worded differently


class TraitFacts:
    """Facts about the attributes that the trait table knows, in the order of their kind's facets."""

    def __init__(self, table: TraitTable) -> None:
        self._table = table
        self._known: dict[tuple[str, ...], tuple[Fact, ...]] = {}
        self.fingerprint = content_id("trait-facts", [table.fingerprint, SENTENCES])

    def facts_about(self, attribute: Attribute) -> Sequence[Fact]:
        """What the table, and the catalogue's own columns, say of an attribute; nothing for an unknown one."""
        columns = (text for pair in sorted(attribute.facts.items()) for text in pair)
        key = (attribute.value, attribute.modality, attribute.attribute_type, *columns)
        if key not in self._known:
            self._known[key] = tuple(self._facts(self._table.resolve(attribute)))
        return self._known[key]

    def _facts(self, known: Traits | Unknown) -> Iterator[Fact]:
        if isinstance(known, Unknown):
            return
        for sentence in _sentences(self._table.schema, known):
            yield Fact(f"{known.name}: {sentence}.", f"trait table of {self._table.dated}")


def _sentences(schema: Schema, traits: Traits) -> Iterator[str]:
    """`price tier luxury`, `age 30 to 65 years`, `categories x, y`; the two ends of a range in one."""
    spans = {facet: span for span in schema.ranges.items() for facet in (span[1].low, span[1].high)}
    told = set()
    for facet in schema.kinds[traits.kind].facets:
        if facet not in traits.facets or facet in told:
            continue
        if facet in spans:
            name, span = spans[facet]
            told |= {span.low, span.high}
            yield f"{_plain(name)} {_span(schema, span, traits)}"
        else:
            yield f"{_plain(facet)} {_value(schema, facet, traits.facets[facet])}"


def _span(schema: Schema, span: Range, traits: Traits) -> str:
    low, high = traits.facets.get(span.low), traits.facets.get(span.high)
    if high is None:
        return f"from {_value(schema, span.low, low)}"
    upper = _value(schema, span.high, high)
    if low is None:
        return f"up to {upper}"
    lower = f"{low:g}" if isinstance(schema.facets[span.low], NumberFacet) else _value(schema, span.low, low)
    return f"{lower} to {upper}"


def _value(schema: Schema, facet: str, value: FacetValue | None) -> str:
    if isinstance(value, tuple):
        shown = ", ".join(_plain(word) for word in value[:MOST_LISTED])
        return f"{shown} and {len(value) - MOST_LISTED} more" if len(value) > MOST_LISTED else shown
    if isinstance(value, float):
        spec = schema.facets[facet]
        if isinstance(spec, OrdinalFacet):
            return spec.levels[f"{value:g}"]
        return f"{value:g} {spec.unit}" if isinstance(spec, NumberFacet) else f"{value:g}"
    return _plain(str(value))


def _plain(word: str) -> str:
    return word.replace("_", " ")

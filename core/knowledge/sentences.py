"""Reasons in plain English, filled in from a rule's template."""

import re
from collections.abc import Mapping, Sequence

from core.knowledge.cells import FacetValue
from core.knowledge.conditions import Reference
from core.knowledge.lists import spoken
from core.knowledge.schema import OrdinalFacet, Schema
from core.knowledge.traits import Traits

MOST_SHOWN = 3  # values named in one list

_PLACEHOLDER = re.compile(r"\{([ab])(?:\.(\w+))?\}|\{(shared)\}")


class Phrasebook:
    """Puts facet values into words."""

    def __init__(self, schema: Schema, labels: Mapping[str, str]) -> None:
        self._schema = schema
        self._labels = labels

    def fill(self, template: str, a: Traits, b: Traits, shared: Sequence[str]) -> str:
        """Replace `{a}`, `{b}` by the attributes' names, `{a.facet}` by its value, `{shared}` by the shared values."""

        def put(match: re.Match[str]) -> str:
            if match[3]:
                return self.listed(shared)
            side = a if match[1] == "a" else b
            return (
                self._value(match[2], side.facets.get(match[2])) if match[2] else self._labels.get(side.name, side.name)
            )

        return _PLACEHOLDER.sub(put, template)

    def listed(self, values: Sequence[str]) -> str:
        """`x, y and z`, cut after the third."""
        return spoken([self.word(value) for value in values[:MOST_SHOWN]])

    def word(self, value: str) -> str:
        """The label of a value, or the value with spaces."""
        return self._labels.get(value) or value.replace("_", " ")

    def _value(self, facet: str, value: FacetValue | None) -> str:
        spec = self._schema.facets[facet]
        if value is None:
            return "unknown"
        if isinstance(value, tuple):
            return self.listed(value)
        if isinstance(value, float):
            number = f"{value:g}"
            return spec.levels[number] if isinstance(spec, OrdinalFacet) else number
        return self.word(value)


def placeholders(template: str) -> tuple[Reference, ...]:
    """The facets a template shows."""
    found = _PLACEHOLDER.finditer(template)
    return tuple(Reference("a" if match[1] == "a" else "b", match[2]) for match in found if match[2])

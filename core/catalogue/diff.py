"""What changed between two versions of a catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.catalogue.columns import FIELDS
from core.catalogue.model import Attribute, Catalogue


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one attribute, `facts.<column>` for an extra column; None where a version has no such fact."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """An attribute that both versions have, and every field in which they differ."""

    id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class CatalogueDiff:
    """Attributes matched by id: `added` and `changed` in the new order, `removed` in the old one.

    `is_reordered` says that attributes of both versions follow each other in another order, which renumbers the nodes.
    """

    added: tuple[Attribute, ...]
    removed: tuple[Attribute, ...]
    changed: tuple[AttributeChange, ...]
    is_reordered: bool

    @property
    def is_empty(self) -> bool:
        """Whether the two versions are the same catalogue."""
        return not (self.added or self.removed or self.changed or self.is_reordered)


def diff_catalogues(old: Catalogue, new: Catalogue) -> CatalogueDiff:
    """Compare by id: a renamed value is a change, a renamed id is one attribute removed and one added."""
    kept = [a.id for a in new.attributes if a.id in old.position_of]
    changes = [AttributeChange(key, _field_changes(old[key], new[key])) for key in kept]
    return CatalogueDiff(
        added=tuple(a for a in new.attributes if a.id not in old.position_of),
        removed=tuple(a for a in old.attributes if a.id not in new.position_of),
        changed=tuple(change for change in changes if change.fields),
        is_reordered=kept != [a.id for a in old.attributes if a.id in new.position_of],
    )


def _field_changes(old: Attribute, new: Attribute) -> tuple[FieldChange, ...]:
    before, after = _texts(old), _texts(new)
    names = dict.fromkeys((*before, *after))
    return tuple(
        FieldChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def _texts(attribute: Attribute) -> Mapping[str, str]:
    own = {name: getattr(attribute, name) for name in FIELDS}
    return own | {f"facts.{name}": text for name, text in attribute.facts.items()}

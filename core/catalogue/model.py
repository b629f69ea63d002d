"""The catalogue: which attributes a campaign can carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.errors import NotFound
from core.fingerprint import content_id


@dataclass(frozen=True, slots=True)
class Attribute:
    """One value a campaign can carry. `facts` holds the catalogue's extra columns, empty cells left out."""

    id: str
    value: str
    modality: str
    attribute_type: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """An ordered, validated set of attributes; positions in it (0..n-1) are the node numbers of a graph."""

    attributes: tuple[Attribute, ...]

    def __len__(self) -> int:
        return len(self.attributes)

    @cached_property
    def id(self) -> str:
        """Content id; the order of the rows is part of the content, since node numbers follow it."""
        return content_id("catalogue", [attribute_record(a) for a in self.attributes])

    @cached_property
    def position_of(self) -> Mapping[str, int]:
        """Attribute id to position."""
        return {a.id: i for i, a in enumerate(self.attributes)}

    @cached_property
    def positions_by_value(self) -> Mapping[str, tuple[int, ...]]:
        """Value text to the positions that carry it (more than one when modalities share a value)."""
        return _grouped(((a.value, i) for i, a in enumerate(self.attributes)))

    @cached_property
    def positions_by_modality(self) -> Mapping[str, tuple[int, ...]]:
        """Modality to positions, modalities in order of first appearance."""
        return _grouped(((a.modality, i) for i, a in enumerate(self.attributes)))

    @cached_property
    def positions_by_type(self) -> Mapping[str, tuple[int, ...]]:
        """Attribute type to positions, types in order of first appearance."""
        return _grouped(((a.attribute_type, i) for i, a in enumerate(self.attributes)))

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities in order of first appearance."""
        return tuple(self.positions_by_modality)

    @property
    def attribute_types(self) -> tuple[str, ...]:
        """Attribute types in order of first appearance."""
        return tuple(self.positions_by_type)

    @property
    def n_pairs(self) -> int:
        """Number of unordered cross-modality pairs: the candidate pairs of a graph."""
        sizes = [len(positions) for positions in self.positions_by_modality.values()]
        return (sum(sizes) ** 2 - sum(size * size for size in sizes)) // 2

    def __getitem__(self, attribute_id: str) -> Attribute:
        """Look an attribute up by id; `NotFound` when there is none."""
        if attribute_id not in self.position_of:
            raise NotFound(f"There is no attribute with id {attribute_id!r} in this catalogue of {len(self)}.")
        return self.attributes[self.position_of[attribute_id]]


def attribute_record(attribute: Attribute) -> dict[str, Any]:
    """The attribute as JSON data: its four columns and its facts."""
    return {
        "id": attribute.id,
        "value": attribute.value,
        "modality": attribute.modality,
        "attribute_type": attribute.attribute_type,
        "facts": dict(attribute.facts),
    }


def _grouped(keyed: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    groups: dict[str, list[int]] = {}
    for key, position in keyed:
        groups.setdefault(key, []).append(position)
    return {key: tuple(positions) for key, positions in groups.items()}

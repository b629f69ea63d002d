"""The trait table: what is known of an attribute, and how it came to be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from core.catalogue.model import Attribute
from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.knowledge.cells import FacetValue, read_cell
from core.knowledge.lists import spoken
from core.knowledge.names import case_key, loose_key
from core.knowledge.rows import TraitRow, read_rows
from core.knowledge.schema import Schema, read_schema
from core.knowledge.words import Reading, Synonyms, Vocabulary, read_synonyms

SHIPPED_FOLDER = Path(__file__).resolve().parents[2] / "data" / "knowledge"


class Source(StrEnum):
    """Where the facts about an attribute come from; the text is what a page shows."""

    NAME = "name"
    ALIAS = "alias"
    SPELLING = "other spelling"
    PARENT = "column that names a known attribute"
    COLUMNS = "catalogue columns"
    WORDS = "description words"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of one attribute. `facets` holds known values only.

    `name` is what reasons call it, `entry` the name that lists in the table know it by; `sources` says how it was
    resolved and `matched` by which texts; `unread` lists catalogue cells named like facets that could not be used.
    """

    name: str
    entry: str
    kind: str
    facets: Mapping[str, FacetValue]
    sources: tuple[Source, ...]
    matched: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """An attribute that nothing is known of: `reason` says why, `fix` what to add."""

    name: str
    reason: str
    fix: str


@dataclass(frozen=True)
class TraitTable:
    """Facts about known attributes by kind, the schema they follow, and the words that describe others."""

    schema: Schema
    rows: Mapping[str, tuple[TraitRow, ...]]
    synonyms: Synonyms
    vocabulary: Vocabulary = field(repr=False)

    @cached_property
    def fingerprint(self) -> str:
        """Content id over schema, synonyms and rows; the order of rows is not part of the content."""
        rows = {kind: sorted((_record(row) for row in rows), key=str) for kind, rows in self.rows.items()}
        payload = {"schema": self.schema.model_dump(), "synonyms": self.synonyms.model_dump(), "rows": rows}
        return content_id("trait-table", payload)

    @property
    def dated(self) -> str:
        """The date of the facts, as the schema states it."""
        return self.schema.dated

    def kind_of(self, attribute: Attribute) -> str | None:
        """The kind whose name or alias the attribute's modality carries, or failing that its attribute type."""
        kinds = self.schema.kind_by_name
        return kinds.get(loose_key(attribute.modality)) or kinds.get(loose_key(attribute.attribute_type))

    def resolve(self, attribute: Attribute) -> Traits | Unknown:
        """Find what is known: by name, alias or spelling, else by the catalogue's own columns and words.

        A catalogue cell named like a facet overrides the table. An attribute outside the table counts as known only if
        one of its kind's identity facets is.
        """
        kind = self.kind_of(attribute)
        if kind is None:
            return self._unknown_kind(attribute)
        entries = self._find(kind, attribute.value)
        if len(entries) > 1:
            return self._ambiguous(attribute, kind, [entry.row.name for entry in entries])
        own = self._own_columns(attribute, kind)
        if entries:
            return self._listed(attribute, kind, entries[0], own)
        return self._described(attribute, kind, own)

    def find(self, kind: str, text: str) -> TraitRow | None:
        """The row of a kind that carries this name, alias or spelling; None if there is none or more than one."""
        entries = self._find(kind, text)
        return entries[0].row if len(entries) == 1 else None

    @cached_property
    def _exact(self) -> Mapping[tuple[str, str], "_Entry"]:
        """(kind, case key) to the one row of that name or alias."""
        named = {(kind, case_key(row.name)): _Entry(row, Source.NAME) for kind, row in self._all_rows}
        aliased = {
            (kind, case_key(alias)): _Entry(row, Source.ALIAS) for kind, row in self._all_rows for alias in row.aliases
        }
        return aliased | named

    @cached_property
    def _spelt(self) -> Mapping[tuple[str, str], tuple["_Entry", ...]]:
        """(kind, loose key) to every row that is spelt this way."""
        spelt: dict[tuple[str, str], tuple[_Entry, ...]] = {}
        for kind, row in self._all_rows:
            for key in {loose_key(text) for text in (row.name, *row.aliases)} - {""}:
                spelt[kind, key] = (*spelt.get((kind, key), ()), _Entry(row, Source.SPELLING))
        return spelt

    @property
    def _all_rows(self) -> list[tuple[str, TraitRow]]:
        return [(kind, row) for kind, rows in self.rows.items() for row in rows]

    def _find(self, kind: str, text: str) -> tuple["_Entry", ...]:
        entry = self._exact.get((kind, case_key(text)))
        return (entry,) if entry else self._spelt.get((kind, loose_key(text)), ())

    def _listed(self, attribute: Attribute, kind: str, entry: "_Entry", own: "_OwnColumns") -> Traits:
        sources = (entry.source, Source.COLUMNS) if own.facets else (entry.source,)
        facets = {**entry.row.facets, **own.facets}
        return Traits(attribute.value, entry.row.name, kind, facets, sources, (entry.row.name, *own.used), own.unread)

    def _described(self, attribute: Attribute, kind: str, own: "_OwnColumns") -> Traits | Unknown:
        parent = self._parent(attribute, kind)
        reading = self._read_words(attribute, kind)
        facets = {**reading.facets, **(parent.facets if parent else {}), **own.facets}
        if not any(facet in facets for facet in self.schema.kinds[kind].identity):
            return self._undescribed(attribute, kind, own)
        parts = [
            (Source.PARENT, (parent.name,) if parent else ()),
            (Source.COLUMNS, own.used),
            (Source.WORDS, reading.phrases),
        ]
        return Traits(
            name=f"{attribute.value} ({parent.name})" if parent else attribute.value,
            entry=parent.name if parent else attribute.value,
            kind=kind,
            facets=facets,
            sources=tuple(source for source, matched in parts if matched),
            matched=tuple(text for _, matched in parts for text in matched),
            unread=own.unread,
        )

    def _own_columns(self, attribute: Attribute, kind: str) -> "_OwnColumns":
        """Catalogue columns named like facets of the kind; a cell that is no such value is read for words instead."""
        named = {loose_key(facet): facet for facet in self.schema.kinds[kind].facets}
        facets: dict[str, FacetValue] = {}
        used, unread = [], []
        for column, text in attribute.facts.items():
            facet = named.get(loose_key(column))
            if facet is None:
                continue
            cell = read_cell(self.schema, facet, text, self._name_of)
            value = cell.value if not cell.faults else self.vocabulary.read(kind, [text]).facets.get(facet)
            if value is None:
                unread.append(f"{column}: {' '.join(cell.faults)}")
            else:
                facets[facet] = value
                used.append(column)
        return _OwnColumns(facets, tuple(used), tuple(unread))

    def _parent(self, attribute: Attribute, kind: str) -> TraitRow | None:
        """The row that a column named like the kind points to: the country of a city, the maker of a product."""
        for column, text in attribute.facts.items():
            if self.schema.kind_by_name.get(loose_key(column)) == kind and (row := self.find(kind, text)):
                return row
        return None

    def _read_words(self, attribute: Attribute, kind: str) -> Reading:
        columns = {loose_key(column) for column in self.synonyms.text_columns}
        texts = [text for column, text in attribute.facts.items() if loose_key(column) in columns]
        return self.vocabulary.read(kind, [attribute.value, *texts])

    def _name_of(self, kind: str, text: str) -> str | None:
        row = self.find(kind, text)
        return row.name if row else None

    def _unknown_kind(self, attribute: Attribute) -> Unknown:
        kinds = spoken(list(self.schema.kinds))
        return Unknown(
            attribute.value,
            f"the trait table knows {kinds} attributes, and {attribute.modality!r} is none of them",
            f"Name the modality like one of these kinds, or add {attribute.modality!r} to the schema.",
        )

    def _ambiguous(self, attribute: Attribute, kind: str, names: Sequence[str]) -> Unknown:
        listed = spoken(names)
        return Unknown(
            attribute.value,
            f"the trait table spells more than one {kind} this way: {listed}",
            "Write the value as the table does, or add it to the aliases of one row.",
        )

    def _undescribed(self, attribute: Attribute, kind: str, own: "_OwnColumns") -> Unknown:
        spec = self.schema.kinds[kind]
        columns = spoken(spec.identity, "or")
        unread = f" (unread: {' '.join(own.unread)})" if own.unread else ""
        return Unknown(
            attribute.value,
            f"it is not in the trait table, and nothing in the catalogue describes it{unread}",
            f"Describe it in the catalogue, in a column called description, {columns}, or add a row to {spec.file} "
            "of the trait table.",
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    row: TraitRow
    source: Source


@dataclass(frozen=True, slots=True)
class _OwnColumns:
    facets: Mapping[str, FacetValue]
    used: tuple[str, ...]
    unread: tuple[str, ...]


def load_trait_table(folder: Path = SHIPPED_FOLDER) -> TraitTable:
    """Read schema, synonyms and rows of a folder; `InvalidInput` lists every fault with its file, row and field.

    A table is read again only when one of its files has changed.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".toml"))
    return _load(folder, tuple((path, (state := path.stat()).st_mtime_ns, state.st_size) for path in files))


@lru_cache(maxsize=2)
def _load(folder: Path, _state: tuple[tuple[Path, int, int], ...]) -> TraitTable:
    problems: list[Problem] = []
    schema = read_schema(folder, problems)
    if schema is not None:
        words = read_synonyms(folder, schema, problems)
        rows = read_rows(folder, schema, problems)
        if words is not None and not problems:
            return TraitTable(schema, rows, *words)
    raise InvalidInput(f"The trait table in {folder}", problems)


def _record(row: TraitRow) -> dict[str, Any]:
    return {"name": row.name, "aliases": sorted(row.aliases), "facets": dict(row.facets)}

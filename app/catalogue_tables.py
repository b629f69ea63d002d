"""Catalogues as tables that a page can show: counted, searched, compared, and cut into pages."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from core.catalogue.columns import n_known_columns
from core.catalogue.diff import diff_catalogues
from core.catalogue.limits import CATALOGUE_LIMITS
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import CatalogueReading
from core.catalogue.tables import read_table
from core.catalogue.writing import catalogue_csv
from core.errors import Problem

PAGE_ROWS: Final = 50
COLUMNS: Final = ("value", "modality", "attribute_type", "id")
DIFF_PARTS: Final = ("changed", "added", "removed")
_HEAD_ROWS = 8
_RAW_ROWS = 4


class TypeCount(NamedTuple):
    """How many attributes of a catalogue are of one type."""

    modality: str
    attribute_type: str
    n_attributes: int


class CatalogueOverview(NamedTuple):
    """What a catalogue holds, small whatever its size: `types` in the file's order, `facts` are its extra columns."""

    n_attributes: int
    n_pairs: int
    types: tuple[TypeCount, ...]
    facts: tuple[str, ...]

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities in order of first appearance."""
        return tuple(dict.fromkeys(count.modality for count in self.types))


class FileTable(NamedTuple):
    """The columns of an uploaded file as it names them, and its first rows (columns without a name left out)."""

    headers: tuple[str, ...]
    head: pd.DataFrame


class FileReading(NamedTuple):
    """What came of an uploaded file; without `overview` the problems say why. `head` is the first rows as text."""

    catalogue_id: str
    overview: CatalogueOverview | None
    head: pd.DataFrame
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


class AttributeFilter(NamedTuple):
    """Which attributes to show: every word of `search` in some column, empty choices mean all; sorted by `order`."""

    search: str = ""
    modalities: tuple[str, ...] = ()
    attribute_types: tuple[str, ...] = ()
    order: str = ""


class TablePage(NamedTuple):
    """One page of a table, and how many rows all pages have."""

    rows: pd.DataFrame
    n_rows: int


class DiffCounts(NamedTuple):
    """How two versions of a catalogue differ, in attributes."""

    changed: int
    added: int
    removed: int
    unchanged: int
    is_reordered: bool


def read_file_table(data: bytes, filename: str) -> FileTable:
    """Read a file before its columns are known; `InvalidInput` when no table can be made of it."""
    table = read_table(data, filename, CATALOGUE_LIMITS, n_known_columns)
    rows = [row.cells for row in table.rows[:_RAW_ROWS]]
    named = {name: position for position, name in enumerate(table.header) if name.strip()}
    head = pd.DataFrame({name: [cells[position] for cells in rows] for name, position in named.items()}, dtype="string")
    return FileTable(table.header, head)


def summarise_reading(reading: CatalogueReading) -> FileReading:
    """What a page shows of a reading, without the catalogue itself."""
    found = reading.catalogue
    if found is None:
        return FileReading("", None, pd.DataFrame(), reading.problems, reading.warnings)
    head = attribute_table(found.attributes[:_HEAD_ROWS])
    return FileReading(found.id, overview_of(found), head, reading.problems, reading.warnings)


def overview_of(catalogue: Catalogue) -> CatalogueOverview:
    """Count a catalogue by modality and type."""
    types = Counter((a.modality, a.attribute_type) for a in catalogue.attributes)
    place = {modality: i for i, modality in enumerate(catalogue.modalities)}
    counts = [TypeCount(*names, count) for names, count in types.items()]
    counts.sort(key=lambda count: place[count.modality])  # stable: types stay in the file's order
    return CatalogueOverview(len(catalogue), catalogue.n_pairs, tuple(counts), _fact_names(catalogue.attributes))


def attribute_table(attributes: Sequence[Attribute]) -> pd.DataFrame:
    """The four columns and every fact as text; a fact that an attribute does not have is missing, not empty."""
    columns = {name: [getattr(a, name) for a in attributes] for name in COLUMNS}
    columns |= {name: [a.facts.get(name) for a in attributes] for name in _fact_names(attributes)}
    return pd.DataFrame(columns, dtype="string")


def matching(table: pd.DataFrame, wanted: AttributeFilter) -> pd.DataFrame:
    """The rows of an attribute table that the filter lets through; without an order they stay as they are."""
    keep = np.ones(len(table), dtype=bool)
    if wanted.modalities:
        keep &= table["modality"].isin(wanted.modalities).to_numpy()
    if wanted.attribute_types:
        keep &= table["attribute_type"].isin(wanted.attribute_types).to_numpy()
    if words := _folded(wanted.search).split():
        texts = [table[name].fillna("").map(_folded) for name in table.columns]
        for word in words:
            keep &= np.logical_or.reduce([text.str.contains(word, regex=False).to_numpy(bool) for text in texts])
    found = table[keep]
    if not wanted.order:
        return found
    return found.sort_values(wanted.order, key=lambda text: text.str.lower(), kind="stable")


def filtered_csv(catalogue: Catalogue, wanted: AttributeFilter) -> bytes:
    """The attributes that the filter lets through as a catalogue file, in the filter's order."""
    found = matching(attribute_table(catalogue.attributes), wanted)["id"]
    return catalogue_csv(Catalogue(tuple(catalogue[attribute_id] for attribute_id in found)))


def diff_counts(old: Catalogue, new: Catalogue) -> DiffCounts:
    """How many attributes of the new version are changed, added, removed or as they were."""
    diff = diff_catalogues(old, new)
    changed, added, removed = len(diff.changed), len(diff.added), len(diff.removed)
    return DiffCounts(changed, added, removed, len(new) - added - changed, diff.is_reordered)


def diff_table(old: Catalogue, new: Catalogue, part: str) -> pd.DataFrame:
    """One of `DIFF_PARTS`: the attributes added or removed, or one row per changed field with both texts."""
    diff = diff_catalogues(old, new)
    if part != "changed":
        return attribute_table(diff.added if part == "added" else diff.removed)
    rows = [
        (new[change.id].value, change.id, field.field.removeprefix("facts."), field.before, field.after)
        for change in diff.changed
        for field in change.fields
    ]
    return pd.DataFrame(rows, columns=["attribute", "id", "field", "before", "after"], dtype="string")


def page_of(table: pd.DataFrame, page: int) -> TablePage:
    """Cut one page, counted from 1."""
    return TablePage(table.iloc[(page - 1) * PAGE_ROWS : page * PAGE_ROWS].reset_index(drop=True), len(table))


def _folded(text: str) -> str:
    """Without case and accents, so that "sao paulo" finds "São Paulo"."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).casefold()


def _fact_names(attributes: Sequence[Attribute]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for attribute in attributes for name in attribute.facts))

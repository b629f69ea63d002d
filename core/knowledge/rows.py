"""The rows of a trait table: one CSV per kind, read against the schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.errors import Problem
from core.knowledge.cells import SEPARATOR, FacetValue, NameOf, read_cell
from core.knowledge.files import CsvFile, CsvRow, read_csv
from core.knowledge.names import case_key
from core.knowledge.schema import Schema

NAME, ALIASES = "name", "aliases"


@dataclass(frozen=True, slots=True)
class TraitRow:
    """What the table says of one name; facets that are not known are left out."""

    name: str
    aliases: tuple[str, ...]
    facets: Mapping[str, FacetValue]


class _Place(NamedTuple):
    row: int
    name: str


def read_rows(folder: Path, schema: Schema, problems: list[Problem]) -> dict[str, tuple[TraitRow, ...]]:
    """Read the CSV of every kind; rows with faults are kept out, and each fault names file, row and column."""
    files = {
        kind: read_csv(folder / spec.file, (NAME, ALIASES, *spec.facets), problems, spec.file)
        for kind, spec in schema.kinds.items()
    }
    names = {kind: _claim_names(file, schema.kinds[kind].file, problems) for kind, file in files.items() if file}

    def name_of(kind: str, text: str) -> str | None:
        return names.get(kind, {}).get(case_key(text))

    rows: dict[str, tuple[TraitRow, ...]] = {}
    for kind, file in files.items():
        reader = _RowReader(schema, kind, name_of, problems)
        rows[kind] = tuple(row for row in map(reader.read, file.rows if file else ()) if row)
    return rows


class _RowReader:
    """Reads the records of one kind."""

    def __init__(self, schema: Schema, kind: str, name_of: NameOf, problems: list[Problem]) -> None:
        self._schema, self._spec = schema, schema.kinds[kind]
        self._name_of, self._problems = name_of, problems

    def read(self, record: CsvRow) -> TraitRow | None:
        before = len(self._problems)
        facets: dict[str, FacetValue] = {}
        for facet in self._spec.facets:
            text = record.cells[facet]
            cell = read_cell(self._schema, facet, text, self._name_of) if text else None
            if cell is None:
                continue
            for fault in cell.faults:
                self._report(
                    record.number, facet, fault, "Use values that schema.toml allows, or leave the cell empty."
                )
            if cell.value is not None:
                facets[facet] = cell.value
        self._check_ranges(record.number, facets)
        clean = len(self._problems) == before and record.cells[NAME]
        return TraitRow(record.cells[NAME], _aliases(record.cells), facets) if clean else None

    def _check_ranges(self, number: int, facets: Mapping[str, FacetValue]) -> None:
        for span in self._schema.ranges.values():
            low, high = facets.get(span.low), facets.get(span.high)
            if isinstance(low, float) and isinstance(high, float) and low > high:
                message = f"{span.low} {low:g} is above {span.high} {high:g}."
                self._report(number, span.low, message, "Swap or correct the two cells.")

    def _report(self, number: int, column: str, message: str, fix: str) -> None:
        self._problems.append(Problem(message, fix, row=number, field=f"{self._spec.file}: {column}"))


def _aliases(cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(alias.strip() for alias in cells[ALIASES].split(SEPARATOR) if alias.strip())


def _claim_names(file: CsvFile, shown: str, problems: list[Problem]) -> dict[str, str]:
    """Every name and alias of a file to the row's name; one that two rows claim is a problem."""
    owner: dict[str, _Place] = {}
    for record in file.rows:
        name = record.cells[NAME]
        if not name:
            problems.append(Problem("The row has no name.", "Write one.", row=record.number, field=f"{shown}: {NAME}"))
            continue
        for text in (name, *_aliases(record.cells)):
            first = owner.setdefault(case_key(text), _Place(record.number, name))
            if first.row != record.number:
                message = f"{text!r} already names {first.name!r} in row {first.row}."
                problems.append(Problem(message, "Keep it in one row.", row=record.number, field=f"{shown}: {NAME}"))
    return {key: place.name for key, place in owner.items()}

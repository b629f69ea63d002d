"""Reading a catalogue file: either a catalogue, or every problem of the file at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.catalogue.columns import n_known_columns, resolve_columns, suggest_columns
from core.catalogue.limits import CATALOGUE_LIMITS
from core.catalogue.model import Catalogue
from core.catalogue.tables import read_table
from core.catalogue.validation import validate
from core.catalogue.writing import csv_bytes
from core.errors import InvalidInput, Problem

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class CatalogueReading:
    """What came of a file: a catalogue unless there are `problems`; `warnings` are for a person to look at.

    `columns` tells which column was read as which field; every other named column became facts.
    """

    filename: str
    catalogue: Catalogue | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


def read_catalogue(data: bytes, filename: str, mapping: Mapping[str, str] | None = None) -> CatalogueReading:
    """Read CSV, TSV, JSON, JSON lines or XLSX; never raises for what a file may hold, but reports all problems at once.

    `mapping` names the file's column for a field (`{"value": "Brand name"}`) where it differs; fields it leaves out are
    found by name. Rows are numbered as a spreadsheet shows them (header 1), items of a JSON list from 1.
    """
    try:
        table = read_table(data, filename, CATALOGUE_LIMITS, partial(n_known_columns, mapping=mapping))
    except InvalidInput as error:
        return CatalogueReading(filename, None, error.problems)
    columns, problems = resolve_columns(table, mapping)
    found = suggest_columns(table.header, mapping).mapping
    if columns is None:
        return CatalogueReading(filename, None, (*problems, *table.problems), table.warnings, found)
    attributes, row_problems, warnings = validate(table, columns)
    problems += row_problems
    catalogue = None if problems else Catalogue(attributes)
    return CatalogueReading(filename, catalogue, tuple(problems), tuple(warnings), found)


def read_catalogue_file(path: Path, mapping: Mapping[str, str] | None = None) -> CatalogueReading:
    """Read a catalogue from disk; a path that is no readable file of acceptable size is a problem like any other."""
    try:
        problem = _path_problem(path)
        data = b"" if problem else path.read_bytes()
    except OSError as error:
        problem = Problem(f"{path} cannot be read: {error.strerror or type(error).__name__}.", "Check its rights.")
    if problem:
        return CatalogueReading(path.name, None, (problem,))
    return read_catalogue(data, path.name, mapping)


def read_headers(data: bytes, filename: str) -> tuple[str, ...]:
    """The file's column names as it spells them, for choosing a mapping; InvalidInput when no table can be read."""
    return read_table(data, filename, CATALOGUE_LIMITS, n_known_columns).header


def catalogue_or_error(reading: CatalogueReading) -> Catalogue:
    """The catalogue, or InvalidInput with all the problems that stood in its way."""
    if reading.catalogue is None:
        raise InvalidInput(f"{reading.filename} is no usable catalogue", reading.problems)
    return reading.catalogue


def problems_csv(reading: CatalogueReading) -> bytes:
    """Problems and warnings as a CSV for a spreadsheet: UTF-8 with a byte order mark, no cell a formula."""
    found = [("error", problem) for problem in reading.problems] + [("warning", p) for p in reading.warnings]
    rows = [
        (severity, "" if p.row is None else str(p.row), *map(_harmless, (p.field, p.message, p.fix)))
        for severity, p in found
    ]
    return b"\xef\xbb\xbf" + csv_bytes(("severity", "row", "column", "problem", "what to do"), rows)


def _harmless(text: str) -> str:
    """No spreadsheet calculates a cell that starts with an apostrophe; broken characters are written as escapes."""
    safe = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return f"'{safe}" if safe.startswith(_FORMULA_STARTS) else safe


def _path_problem(path: Path) -> Problem | None:
    if path.is_dir():
        return Problem(f"{path} is a folder, not a file.", "Choose one CSV, TSV, JSON, JSONL or XLSX file in it.")
    if not path.exists():
        return Problem(f"There is no file {path}.", "Check the path.")
    if not path.is_file():
        return Problem(f"{path} is no ordinary file.", "Copy its content into a file.")
    size, limit = path.stat().st_size, CATALOGUE_LIMITS.max_bytes
    if size > limit:
        return Problem(f"{path} has {size:,} bytes; at most {limit:,} are read.", "Split it, or drop columns.")
    return None

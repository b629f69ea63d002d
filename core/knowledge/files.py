"""Reading the files of a knowledge folder; what is wrong is collected, so that it can be shown at once."""

import csv
import io
import tomllib
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import Problem

Model = TypeVar("Model", bound=BaseModel)


class CsvRow(NamedTuple):
    """One record of a CSV file: `number` is its spreadsheet row (the header is 1), `cells` its texts by column."""

    number: int
    cells: dict[str, str]


class CsvFile(NamedTuple):
    """Header and records of a CSV file."""

    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]


def read_model(model: type[Model], path: Path, problems: list[Problem]) -> Model | None:
    """Read a TOML file as `model`; every fault becomes a problem that names the file and the field."""
    text = _read_text(path, problems)
    if text is None:
        return None
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(f"This is not valid TOML: {error}.", "Correct the line it names.", field=path.name))
    except ValidationError as error:
        for fault in error.errors():
            place = ".".join(str(part) for part in fault["loc"])
            message = f"{fault['msg']} (found {fault['input']!r:.80})."
            problems.append(Problem(message, "Correct or remove the entry.", field=f"{path.name}: {place}"))
    return None


def read_csv(path: Path, columns: tuple[str, ...], problems: list[Problem], name: str = "") -> CsvFile | None:
    """Read a CSV file that must have exactly `columns`, in any order; None if its header or encoding is wrong."""
    shown = name or path.name
    text = _read_text(path, problems)
    if text is None:
        return None
    records = list(csv.reader(io.StringIO(text, newline="")))
    header = tuple(cell.strip() for cell in records[0]) if records else ()
    faults = [f"The column {column!r} is missing." for column in columns if column not in header]
    faults += [f"The column {column!r} is not known." for column in header if column not in columns]
    faults += [f"The column {column!r} occurs twice." for column in sorted({c for c in header if header.count(c) > 1})]
    if faults:
        fix = f"The columns are {', '.join(columns)}; cells may stay empty."
        problems.extend(Problem(fault, fix, row=1, field=shown) for fault in faults)
        return None
    return CsvFile(header, tuple(_rows(records[1:], header, shown, problems)))


def _rows(records: list[list[str]], header: tuple[str, ...], shown: str, problems: list[Problem]) -> list[CsvRow]:
    rows = []
    for number, record in enumerate(records, start=2):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            message = f"The row has {len(record)} cells, the header {len(header)}."
            fix = "Check the commas; quote cells that contain one."
            problems.append(Problem(message, fix, row=number, field=shown))
            continue
        rows.append(CsvRow(number, {column: cell.strip() for column, cell in zip(header, record, strict=True)}))
    return rows


def _read_text(path: Path, problems: list[Problem]) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        fix = "A knowledge folder holds schema.toml, synonyms.toml, rules.toml and the files that the schema names."
        problems.append(Problem(f"The file {path} does not exist.", fix, field=path.name))
    except UnicodeDecodeError:
        problems.append(Problem("The file is not UTF-8 text.", "Save it as UTF-8.", field=path.name))
    return None

"""The first sheet of an XLSX workbook to columns of text cells, as a spreadsheet shows them."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import openpyxl
import pyarrow as pa

from core.catalogue.table_model import empty_file, unreadable
from core.errors import InvalidInput, Problem
from core.tabular.files.limits import MOST_ROWS, FileCells, check_header, check_size

MOST_CELLS: Final = 20_000_000  # about five minutes of reading
MOST_UNPACKED_BYTES: Final = 2_000_000_000
_MOST_PROBLEMS: Final = 100
_SAVE_AS: Final = "Save the sheet as CSV or Parquet, which are also read a hundred times faster."
_LEADING_ZEROS: Final = re.compile(r"0+")


def read_workbook(data: bytes) -> FileCells:
    """Header and rows of the first sheet; numbers as up to 15 digits, dates as ISO 8601, formulas refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            n_bytes = sum(part.file_size for part in archive.infolist())
        if n_bytes > MOST_UNPACKED_BYTES:
            raise unreadable(f"The workbook unpacks to {n_bytes:,} bytes, which is too much.", _SAVE_AS)
        with closing(openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)) as book:
            if not book.worksheets:
                raise unreadable("The workbook has no sheet with cells.", _SAVE_AS)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # a sheet may claim any size; its rows tell
            return _read(_filled_rows(sheet))
    except InvalidInput:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl fail in any way there is
        raise unreadable(f"The file is no workbook, or damaged ({type(error).__name__}).", _SAVE_AS) from error


def _read(rows: Iterator[tuple[int, Sequence[Any]]]) -> FileCells:
    _, first = next(rows, (0, ()))
    if not first:
        raise empty_file()
    problems: list[Problem] = []
    names = [_text(cell, 1, "", problems) or "" for cell in first]
    if not problems:
        check_header(names)
    columns: list[list[str | None]] = [[] for _ in names]
    for number, cells in rows:
        if len(cells) > len(names):
            message = f"The row has {len(cells)} cells and the header {len(names)}."
            problems.append(Problem(message, "Name the column in the header, or clear the cell.", number))
        for at, name in enumerate(names):
            columns[at].append(_text(cells[at], number, name, problems) if at < len(cells) else None)
        if len(problems) >= _MOST_PROBLEMS or len(columns[0]) > MOST_ROWS:
            break
    if problems:
        raise InvalidInput("The workbook cannot be read", problems)
    check_size(len(columns[0]))
    return FileCells(tuple(names), tuple(pa.array(column, type=pa.large_string()) for column in columns))


def _filled_rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows that hold anything, with their numbers and without the blank cells at their end."""
    n_cells = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        n_cells += len(cells)
        if n_cells > MOST_CELLS:
            raise unreadable(f"The sheet has more than {MOST_CELLS:,} cells, blank ones included.", _SAVE_AS, number)
        width = next((at for at in range(len(cells), 0, -1) if cells[at - 1].value not in (None, "")), 0)
        if width:
            yield number, cells[:width]


def _text(cell: Any, row: int, name: str, problems: list[Problem]) -> str | None:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        problems.append(
            Problem("The cell holds a formula.", "Replace it: copy, then paste special > values.", row, name)
        )
        return None
    if cell.data_type == "e":
        problems.append(Problem(f"The cell holds the spreadsheet error {value}.", "Correct it.", row, name))
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _number(value: float, number_format: str) -> str:
    """007 where the cell is formatted so; a spreadsheet shows 15 digits at most."""
    if isinstance(value, int) and value >= 0 and _LEADING_ZEROS.fullmatch(number_format):
        return str(value).zfill(len(number_format))
    return str(value) if isinstance(value, int) else f"{value:.15g}"

"""The first sheet of an Excel workbook to a table of the texts that its cells show."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from core.catalogue.limits import TableLimits
from core.catalogue.table_model import Table, check_width, empty_file, too_many_rows, unreadable
from core.catalogue.text_checks import shown
from core.catalogue.typed_rows import Cell, Refused, TypedCell, TypedRows
from core.errors import InvalidInput, Problem

ZIP_SIGNATURE = b"PK\x03\x04"
MAX_UNPACKED_BYTES = 100_000_000
MAX_ZIP_ENTRIES = 2_000
MAX_SHEET_ROWS = 200_000  # blank rows included: formatting alone can stretch a sheet to a million rows
MAX_SHEET_CELLS = 10_000_000  # blank cells included: one cell in column XFD widens its row to 16,384 cells
_SAVE_AS = "Open it in Excel or LibreOffice and save it again as .xlsx, or as CSV UTF-8."
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_LEADING_ZEROS = re.compile(r"0+")


def read_xlsx(data: bytes, limits: TableLimits) -> Table:
    """Read the first sheet; other sheets and typed cells are named in warnings, formulas and error cells refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_bombs(archive)
            _refuse_many_rows(archive, limits)
        with closing(openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)) as book:
            return _first_sheet(book, limits)
    except InvalidInput:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl fail in any way there is
        raise unreadable(f"The workbook is damaged ({type(error).__name__}).", _SAVE_AS) from error


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Check the archive's own list of parts before anything is unpacked; zipfile never unpacks more than it says."""
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise unreadable("The file is a ZIP archive but no Excel workbook.", _SAVE_AS)
    n_bytes = sum(part.file_size for part in parts)
    if n_bytes > MAX_UNPACKED_BYTES or len(parts) > MAX_ZIP_ENTRIES:
        raise unreadable(
            f"The workbook unpacks to {n_bytes:,} bytes in {len(parts):,} parts; at most {MAX_UNPACKED_BYTES:,} bytes "
            f"in {MAX_ZIP_ENTRIES:,} parts are read.",
            "Save only the sheet with the attributes, as CSV UTF-8.",
        )


def _refuse_many_rows(archive: zipfile.ZipFile, limits: TableLimits) -> None:
    """Count the rows with a cell in a workbook of one sheet, in a tenth of the time that parsing it would take."""
    sheets = [name for name in archive.namelist() if _SHEET_PART.fullmatch(name)]
    if len(sheets) != 1:
        return  # which sheet is the first shows only once the workbook is parsed
    rows = archive.read(sheets[0]).split(b"<row")[1:]
    if sum(b"<v>" in row or b"<t" in row for row in rows) > limits.max_rows + 1:  # one is the header
        raise too_many_rows(limits)


def _first_sheet(book: Any, limits: TableLimits) -> Table:
    if not book.worksheets:
        raise unreadable("The workbook has no sheet with cells.", _SAVE_AS)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # a sheet may claim any size; its rows tell
    sheet_rows = _filled_rows(sheet)
    header_row, header = _header(sheet_rows)
    rows = TypedRows(header, limits)
    for number, cells in sheet_rows:
        if len(cells) > len(header):
            rows.refuse(_too_wide(number, cells, len(header)))
        else:
            rows.add(number, [*map(_cell, cells), *[""] * (len(header) - len(cells))])
    return rows.table(header_row, _other_sheets(book))


def _filled_rows(sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows that hold anything, with their numbers and without the blank cells at their end."""
    n_cells = 0
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        n_cells += len(cells)
        if number > MAX_SHEET_ROWS or n_cells > MAX_SHEET_CELLS:
            raise unreadable(
                f"The sheet goes on beyond row {MAX_SHEET_ROWS:,} or {MAX_SHEET_CELLS:,} cells, blank ones included.",
                "Delete the blank rows and columns around the table, or save the sheet as CSV UTF-8.",
                number,
            )
        width = next((i for i in range(len(cells), 0, -1) if not _is_blank(cells[i - 1].value)), 0)
        if width:
            yield number, cells[:width]


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _header(rows: Iterator[tuple[int, Sequence[Any]]]) -> tuple[int, list[str]]:
    for number, cells in rows:
        check_width(len(cells), number)
        names = [_cell(cell) for cell in cells]
        refused = next((name for name in names if isinstance(name, Refused)), None)
        if refused:
            raise unreadable(refused.message, refused.fix, number)
        return number, [name if isinstance(name, str) else name[1] for name in names]
    raise empty_file()


def _too_wide(number: int, cells: Sequence[Any], n_columns: int) -> Problem:
    return Problem(
        f"The row has a cell in column {get_column_letter(len(cells))}, and the header ends at column "
        f"{get_column_letter(n_columns)}: too many cells.",
        "Name the column in the header, or clear the cell.",
        number,
    )


def _cell(cell: Any) -> Cell:
    """The text that a cell shows: numbers without a decimal tail, dates as ISO 8601, true and false in capitals."""
    value = cell.value
    if cell.data_type == "f":
        formula = shown(str(getattr(value, "text", value)))
        return Refused(f"The cell holds the formula {formula}.", "Replace it: copy, then paste special > values.")
    if cell.data_type == "e":
        return Refused(f"The cell holds the spreadsheet error {value}.", "Correct it.")
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return TypedCell("true/false values", "TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return TypedCell("numbers", _number_text(value, cell.number_format))
    return TypedCell("dates or times", _date_text(value))


def _number_text(value: float, number_format: str) -> str:
    if isinstance(value, int) and value >= 0 and _LEADING_ZEROS.fullmatch(number_format):
        return str(value).zfill(len(number_format))
    return str(value) if isinstance(value, int) else f"{value:.15g}"  # a spreadsheet shows 15 digits at most


def _date_text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _other_sheets(book: Any) -> list[Problem]:
    first, *others = [sheet.title for sheet in book.worksheets]
    if not others:
        return []
    names = ", ".join(shown(name) for name in others[:10])
    return [Problem(f"Only the first sheet, {shown(first)}, is read; the workbook also has {names}.")]

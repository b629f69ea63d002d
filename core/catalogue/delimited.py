"""Delimited text (comma, semicolon, tab or pipe) to a table; every cell stays the text it is."""

import csv
import io
from collections.abc import Iterator, Sequence

from core.catalogue.limits import TableLimits
from core.catalogue.table_model import KnownColumns, Row, Table, check_width, empty_file, too_many_rows, unreadable
from core.errors import Problem

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_BLANK = " \r\n\v\f" + "".join(DELIMITERS)
_HEAD_LENGTH = 65_536  # below the csv module's limit of 131,072 characters for one cell


def read_delimited(text: str, limits: TableLimits, known_columns: KnownColumns) -> Table:
    """Read a header and rows; rows of another width and broken quotes become problems, blank rows hold nothing."""
    delimiter = sniff_delimiter(text, known_columns)
    records = _records(text, delimiter)
    header_row, header = _header(records)
    check_width(len(header), header_row)
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, record in records:
        if isinstance(record, Problem):
            problems.append(record)
        elif len(record) == len(header):
            if "".join(record).strip():
                rows.append(Row(number, record))
        elif "".join(record).strip():
            problems.append(_ragged(number, len(record), len(header), delimiter))
        if len(rows) + len(problems) > limits.max_rows:
            raise too_many_rows(limits)
    return Table(tuple(header), header_row, rows, tuple(problems))


def sniff_delimiter(text: str, known_columns: KnownColumns) -> str:
    """The delimiter whose header holds most known columns, then most cells.

    Where two delimiters find every column they look for (a quoted column name may hold anything), the one met first
    is it: that makes any file written by `csv_bytes` readable whatever its extra columns are called.
    """
    head = text[:_HEAD_LENGTH]

    def score(delimiter: str) -> tuple[int, int, int]:
        header = _first_record(head, delimiter)
        n_known = known_columns(header)
        position = head.find(delimiter)
        return n_known, 0 if n_known >= 4 else len(header), -position if position >= 0 else -_HEAD_LENGTH

    return max(DELIMITERS, key=score)


def _first_record(head: str, delimiter: str) -> Sequence[str]:
    records = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    return next((record for record in records if _names_columns(record)), [])


def _names_columns(record: Sequence[str]) -> bool:
    """A record of nothing but white space and delimiters, whichever is the right one, is a blank row."""
    return bool("".join(record).strip(_BLANK))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Problem]]:
    """Records with their spreadsheet row: a record is one row, however many lines its quoted cells span."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        line = reader.line_num
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, _broken_quotes(number, error)
            number += reader.line_num - line - 1  # once the quote is mended, each of these lines is a row
        else:
            yield number, record


def _header(records: Iterator[tuple[int, list[str] | Problem]]) -> tuple[int, list[str]]:
    for number, record in records:
        if isinstance(record, Problem):
            raise unreadable(record.message, record.fix, number)
        if _names_columns(record):
            return number, record
    raise empty_file()


def _ragged(number: int, n_cells: int, n_columns: int, delimiter: str) -> Problem:
    wrong = "too few" if n_cells < n_columns else "too many"
    return Problem(
        f"The row has {n_cells} cells and the header {n_columns}: {wrong}.",
        f"Give each column one cell, and put double quotes around a text that holds a {DELIMITER_NAMES[delimiter]}.",
        number,
    )


def _broken_quotes(number: int, error: csv.Error) -> Problem:
    reason = str(error)
    if "end of data" in reason:
        message = "A double quote opens a cell here and is never closed, so all that follows is one cell."
    elif "field limit" in reason:
        message = "A cell holds more than 131,072 characters; perhaps a double quote opens it and is never closed."
    else:
        message = "A closing double quote is followed by more text of the same cell."
    return Problem(message, 'Close the quote, and write a double quote inside a quoted cell twice ("").', number)

"""Delimited text to columns of text cells, by Arrow; a file it does not read is gone through again for its faults."""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Final

import pyarrow as pa
import pyarrow.csv as pa_csv

from core.catalogue.decoding import decode
from core.catalogue.delimited import DELIMITER_NAMES, sniff_delimiter
from core.catalogue.table_model import empty_file, unreadable
from core.errors import InvalidInput, Problem
from core.tabular.files.limits import FileCells, check_header, check_size
from core.tabular.wording import counted

_MOST_PROBLEMS: Final = 100
_BLOCK_BYTES: Final = 8_000_000


def read_text(data: bytes) -> FileCells:
    """Comma, semicolon, tab or pipe, as the header has it; UTF-8, or UTF-16 and UTF-32 with their mark."""
    text = decode(data)
    delimiter = sniff_delimiter(text, lambda _: 0)
    header = _header(text, delimiter)
    if len(header) == 1:  # by every delimiter: what stands in the cells below says nothing
        delimiter = ","
        header = _header(text, delimiter)
    if not header:
        raise empty_file()
    check_header(header)
    if '"' in text:  # Arrow takes a quote that is never closed, or closed too early, without a word
        _refuse_faults(text, delimiter, len(header))
    try:
        table = _read(text, delimiter, header)
    except pa.ArrowInvalid as error:
        _refuse_faults(text, delimiter, len(header))
        raise unreadable(f"The text is no table: {error}.", "Export it as CSV again.") from error
    check_size(table.num_rows)
    return FileCells(tuple(header), tuple(column.combine_chunks() for column in table.columns))


def _header(text: str, delimiter: str) -> list[str]:
    return next((record for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if record), [])


def _read(text: str, delimiter: str, header: list[str]) -> pa.Table:
    longest = max(_BLOCK_BYTES, 4 * max(map(len, islice(io.StringIO(text, newline=""), 1_000))))
    return pa_csv.read_csv(
        pa.BufferReader(text.encode()),
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=longest),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values='"' in text),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.large_string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _refuse_faults(text: str, delimiter: str, n_columns: int) -> None:
    problems = list(islice(_faults(text, delimiter, n_columns), _MOST_PROBLEMS))
    if problems:
        raise InvalidInput("The file cannot be read", problems)


def _faults(text: str, delimiter: str, n_columns: int) -> Iterator[Problem]:
    """Rows of another width than the header, and broken quotes; an empty line is no row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row = 0
    while True:
        row += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"The quotes of a cell are not closed as they should be ({error})."
            yield Problem(message, 'Close the quote, and write a double quote within a cell twice ("").', row)
            continue
        if record and len(record) != n_columns:
            message = f"The row has {counted(len(record), 'cell', 'cells')} and the header {n_columns}."
            fix = f"Give each column one cell, and put a text with a {DELIMITER_NAMES[delimiter]} in double quotes."
            yield Problem(message, fix, row)

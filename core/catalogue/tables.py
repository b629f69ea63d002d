"""A file of any supported format to one table: its content decides the format, its name only helps."""

from dataclasses import replace
from pathlib import PurePath

from core.catalogue.decoding import decode
from core.catalogue.delimited import read_delimited
from core.catalogue.json_tables import read_json, starts_like_json
from core.catalogue.limits import TableLimits
from core.catalogue.table_model import KnownColumns, Table, empty_file, unreadable
from core.catalogue.xlsx_tables import ZIP_SIGNATURE, read_xlsx
from core.errors import Problem

_JSON_NAMES = frozenset({".json", ".jsonl", ".ndjson"})
_JSON_LINES_NAMES = frozenset({".jsonl", ".ndjson"})
_WORKBOOK_NAMES = frozenset({".xlsx", ".xlsm", ".xls"})
_TEXT_NAMES = frozenset({".csv", ".tsv", ".txt"})


def read_table(data: bytes, filename: str, limits: TableLimits, known_columns: KnownColumns) -> Table:
    """Read CSV, TSV, JSON, JSON lines or the first sheet of an XLSX workbook.

    Raises InvalidInput when no table can be made of the file; what is wrong with single rows and cells is in the
    table's `problems`, and a name that promises another format than the content is among its `warnings`.
    """
    check_size(data, limits)
    ending = PurePath(filename).suffix.lower()
    if data.startswith(ZIP_SIGNATURE):
        return _noting(read_xlsx(data, limits), "an Excel workbook", ending in _TEXT_NAMES | _JSON_NAMES, ending)
    text = decode(data)
    if ending in _JSON_NAMES or starts_like_json(text):
        table = read_json(text, ending in _JSON_LINES_NAMES, limits)
        return _noting(table, "JSON", ending in _TEXT_NAMES | _WORKBOOK_NAMES, ending)
    return _noting(read_delimited(text, limits, known_columns), "delimited text", ending in _WORKBOOK_NAMES, ending)


def check_size(data: bytes, limits: TableLimits) -> None:
    """Refuse (InvalidInput) an empty file and one above the limit, before anything is decoded."""
    if not data:
        raise empty_file()
    if len(data) > limits.max_bytes:
        raise unreadable(
            f"The file has {len(data):,} bytes; at most {limits.max_bytes:,} are read.",
            f"Split it, or drop columns that do not describe the {limits.rows_are}.",
        )


def _noting(table: Table, content: str, is_misnamed: bool, ending: str) -> Table:
    if not is_misnamed:
        return table
    warning = Problem(f"The file's name ends in {ending}, but it holds {content} and was read as such.")
    return replace(table, warnings=(warning, *table.warnings))

"""A file to a table of text cells: CSV, Parquet or the first sheet of an XLSX workbook.

Nothing is interpreted: NA is a text, 007 keeps its zeros, only an empty cell is missing. What the cells mean is for
`core.tabular.detection` to propose and the user to confirm.
"""

from pathlib import PurePath
from typing import Final

from core.catalogue.table_model import empty_file, unreadable
from core.tabular.files.parquet import read_parquet
from core.tabular.files.text import read_text
from core.tabular.files.workbook import read_workbook
from core.tabular.table import RawTable

MOST_BYTES: Final = 2_000_000_000
_READERS: Final = {
    ".csv": read_text,
    ".tsv": read_text,
    ".txt": read_text,
    ".parquet": read_parquet,
    ".pq": read_parquet,
    ".xlsx": read_workbook,
    ".xlsm": read_workbook,
}


def read_table(data: bytes, name: str) -> RawTable:
    """Read by the ending of the file's `name`; at most 1,000,000 rows and 100 columns.

    `InvalidInput` lists every problem: rows too short or long with their numbers, columns without a name or with the
    same one, cells that are formulas or errors.
    """
    if not data:
        raise empty_file()
    ending = PurePath(name).suffix.lower()
    if ending not in _READERS:
        raise unreadable(f"A file that ends in {ending or 'nothing'!r} is not read.", "Choose CSV, Parquet or XLSX.")
    if len(data) > MOST_BYTES:
        raise unreadable(f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are read.", "Leave out columns.")
    read = _READERS[ending](data)
    return RawTable.of(dict(zip(read.names, read.columns, strict=True)))

"""A table as a file to take away: CSV as it was read, or Parquet with the types that its schema says."""

import csv
import io
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.catalogue.delimited import DELIMITERS
from core.errors import InvalidInput, Problem
from core.tabular.cells import numbers_of, unit_us
from core.tabular.form.list_codec import split_lists
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable

_BATCH_ROWS: Final = 10_000
_DAY_US: Final = 86_400_000_000


def to_csv(table: RawTable) -> bytes:
    """UTF-8 with a header, commas and \\n; read again by `read_table`, it is the same table.

    Texts are written as they are, formulas included: an exchange format, not a report.
    """
    text = io.StringIO(newline="")
    # A name that holds another delimiter, left bare, could be taken for two.
    is_ambiguous = any(mark in name for name in table.columns for mark in DELIMITERS)
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if is_ambiguous else csv.QUOTE_MINIMAL)
    writer.writerow(table.columns)
    for start in range(0, len(table), _BATCH_ROWS):
        columns = [table.cells[name].slice(start, _BATCH_ROWS).to_pylist() for name in table.columns]
        writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def to_parquet(table: RawTable, schema: TableSchema) -> bytes:
    """Integers as int64, numbers as float64, dates as date32 or timestamps, lists as lists of texts, all else as text.

    `InvalidInput` names every column that the schema lacks or whose cells are not what it says.
    """
    known = {column.name: column for column in schema.columns}
    arrays: dict[str, pa.Array] = {}
    problems: list[Problem] = []
    for name in table.columns:
        if name not in known:
            problems.append(Problem("The schema has no such column.", field=name))
            continue
        try:
            arrays[name] = _typed(known[name], table.cells[name])
        except ValueError as error:
            problems.append(Problem(str(error), "Read the column as a category.", field=name))
    if problems:
        raise InvalidInput("The table cannot be written with these types", problems)
    file = io.BytesIO()
    pq.write_table(pa.table(arrays), file, compression="zstd")
    return file.getvalue()


def _typed(column: Column, cells: pa.Array) -> pa.Array:
    match column.kind:
        case ColumnKind.CATEGORY | ColumnKind.IDENTIFIER:
            return pc.cast(cells, pa.large_string())
        case ColumnKind.LIST:
            return pa.array([values or None for values in split_lists(column, cells)], type=pa.list_(pa.string()))
    numbers = numbers_of(column, cells)
    if numbers.is_unreadable.any():
        row = int(np.argmax(numbers.is_unreadable))
        raise ValueError(f"The cell {cells[row].as_py()!r} is no {column.kind.value}.")
    if column.kind is ColumnKind.NUMBER:
        return pa.array(numbers.values, from_pandas=True)
    missing = np.isnan(numbers.values)
    counts = np.where(missing, 0, numbers.values).astype(np.int64)
    if column.kind is ColumnKind.INTEGER:
        return pa.array(counts, mask=missing)
    if unit_us(column) == _DAY_US:
        return pa.array(counts.astype(np.int32), mask=missing).cast(pa.date32())
    return pa.array(counts * unit_us(column), mask=missing).cast(pa.timestamp("us"))

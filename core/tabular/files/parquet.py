"""A Parquet file to columns of text cells: every type is written as a person would write it."""

from io import BytesIO
from itertools import islice
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.catalogue.table_model import unreadable
from core.errors import InvalidInput, Problem
from core.tabular.files.limits import FileCells, check_header, check_size

LIST_SEPARATOR: Final = "^"
_DAY_US: Final = 86_400_000_000
_SECOND_US: Final = 1_000_000


def read_parquet(data: bytes) -> FileCells:
    """Numbers, dates, booleans and lists of texts become text; NaN and an empty list become empty cells.

    A list's values are joined by "^". `InvalidInput` names every column of bytes or of nested values.
    """
    try:
        file = pq.ParquetFile(BytesIO(data))
        check_header(file.schema_arrow.names)
        check_size(file.metadata.num_rows)
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        message = f"The file is no Parquet file that can be read ({type(error).__name__})."
        raise unreadable(message, "Write it again, or save the table as CSV.") from error
    columns: list[pa.Array] = []
    problems: list[Problem] = []
    for name, column in zip(table.column_names, table.columns, strict=True):
        try:
            columns.append(_texts(column.combine_chunks()))
        except (pa.ArrowException, _NoText) as error:
            what = str(error) if isinstance(error, _NoText) else f"Its type {column.type} has no text."
            problems.append(Problem(what, "Leave the column out, or write it as text.", field=name))
    if problems:
        raise InvalidInput("The file's columns cannot all be read", problems)
    return FileCells(tuple(table.column_names), tuple(columns))


class _NoText(Exception):
    pass


def _texts(cells: pa.Array) -> pa.Array:
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return _texts(cells.dictionary_decode())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        raise _NoText("It holds bytes and no text.")
    if pa.types.is_floating(kind):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, kind), cells)
    if pa.types.is_timestamp(kind):
        return _moments(cells)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(cells)
    return pc.cast(cells, pa.large_string())


def _moments(cells: pa.Array) -> pa.Array:
    """Days as 2024-03-31 where every time is midnight, else with seconds, and with microseconds where there are any."""
    zone = "Z" if cells.type.tz else ""
    moments = pc.cast(cells, pa.timestamp("us", tz=cells.type.tz), safe=False)
    counts = pc.cast(pc.drop_null(moments), pa.int64()).to_numpy(zero_copy_only=False)
    naive = pc.cast(pc.cast(moments, pa.int64()), pa.timestamp("us"))
    if not zone and not np.any(counts % _DAY_US):
        return pc.cast(pc.strftime(naive, format="%Y-%m-%d"), pa.large_string())
    if not np.any(counts % _SECOND_US):
        naive = pc.cast(naive, pa.timestamp("s"))
    return pc.cast(pc.strftime(naive, format=f"%Y-%m-%d %H:%M:%S{zone}"), pa.large_string())


def _lists(cells: pa.Array) -> pa.Array:
    values = _texts(cells.flatten())
    if values.null_count:
        raise _NoText("A list holds an empty value.")
    if pc.any(pc.match_substring(values, LIST_SEPARATOR)).as_py():
        raise _NoText(f"A list's value holds {LIST_SEPARATOR!r}, which is put between values.")
    texts = iter(values.to_pylist())
    lengths = pc.fill_null(pc.list_value_length(cells), 0).to_pylist()
    joined = [LIST_SEPARATOR.join(islice(texts, length)) if length else None for length in lengths]
    return pa.array(joined, type=pa.large_string())

"""Parquet submissions: columns `row_id` and `label`, and `p_<label>` for every label where there are probabilities."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import Problem
from core.leaderboard.faults import Faults, refused
from core.leaderboard.parquet_pages import page_sizes
from core.leaderboard.prediction_files import LABEL, ROW_ID
from core.leaderboard.predictions import TestForm
from core.leaderboard.submission_columns import SubmittedColumns
from core.leaderboard.submission_csv import check_names, probability_names
from core.leaderboard.submission_limits import MAX_DECODED_BYTES, MAX_PAGES, MAX_ROW_GROUPS, max_rows

_MAX_FOOTER_VALUES = 1_000_000
_WRITE_AGAIN = "Write the file again with pyarrow, pandas or polars."


def read_parquet(data: bytes, form: TestForm, faults: Faults) -> SubmittedColumns:
    """The columns of a Parquet file; `InvalidInput` when it is none, or unpacks to more than a submission can hold."""
    try:
        file = _opened(data, ())
        _refuse_bomb(data, file.metadata, form)
        names = file.schema_arrow.names
        check_names(names, form, faults)
        _check_types(file.schema_arrow, faults)
        faults.raise_any()
        table = _opened(data, (ROW_ID, LABEL)).read(use_threads=False)
        table.validate(full=True)  # a damaged file may name texts that it does not hold
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise refused(f"The file cannot be read as Parquet: {_first_line(error)}.", _WRITE_AGAIN) from error
    probabilities = [_numbers(table.column(name), name, faults) for name in probability_names(names, form)]
    return SubmittedColumns(
        _values(table.column(ROW_ID)),
        _values(table.column(LABEL)),
        np.stack(probabilities, axis=1) if probabilities else None,
    )


def _opened(data: bytes, shared: Sequence[str]) -> Any:
    """The file, its footer read within limits; texts of `shared` columns are held once, however many rows have them."""
    return pq.ParquetFile(
        pa.BufferReader(data),
        read_dictionary=list(shared),
        thrift_string_size_limit=_MAX_FOOTER_VALUES,
        thrift_container_size_limit=_MAX_FOOTER_VALUES,
    )


def _refuse_bomb(data: bytes, metadata: Any, form: TestForm) -> None:
    """Refuse a file that says of itself that it is larger than any answer, before its pages are unpacked."""
    if metadata.num_row_groups > MAX_ROW_GROUPS:
        raise refused(f"The file has {metadata.num_row_groups:,} row groups; at most {MAX_ROW_GROUPS:,} are read.")
    if metadata.num_columns > len(form.labels) + 2:
        raise refused(f"The file has {metadata.num_columns:,} columns.", "Send only those of a submission.")
    n_rows = max(metadata.num_rows, sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)))
    if n_rows > max_rows(len(form)):
        raise refused(f"The file holds {n_rows:,} rows; the form has {len(form):,}.", "Answer each test row once.")
    sizes = page_sizes(data, metadata, MAX_PAGES)
    if sizes.n_pages > MAX_PAGES:
        raise refused(f"The file has more than {MAX_PAGES:,} pages.", "Write it with larger pages.")
    if sizes.n_bytes > MAX_DECODED_BYTES:
        raise refused(f"The file unpacks to {sizes.n_bytes:,} bytes; at most {MAX_DECODED_BYTES:,} are read.")


def _check_types(schema: pa.Schema, faults: Faults) -> None:
    """Numbers and truth values pass as labels here: each of them is named later, with its row."""
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
        is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        is_plain = is_text or is_number or pa.types.is_boolean(kind) or pa.types.is_null(kind)
        if field.name in (ROW_ID, LABEL) and not is_plain:
            faults.add(f"The column is of type {field.type}.", "Write it as text.", field.name)
        elif field.name not in (ROW_ID, LABEL) and not is_number:
            faults.add(f"The column is of type {field.type}.", "Write it as floating-point numbers.", field.name)


def _values(column: Any) -> list[Any]:
    """The values as Python objects; a text that many rows share is one object, so a small file stays small."""
    values: list[Any] = []
    for chunk in column.chunks:
        if not pa.types.is_dictionary(chunk.type):
            values += chunk.to_pylist()
            continue
        names = np.array([*chunk.dictionary.to_pylist(), None], dtype=object)
        values += names[chunk.indices.fill_null(len(names) - 1).to_numpy()].tolist()
    return values


def _numbers(column: Any, name: str, faults: Faults) -> NDArray[np.float64]:
    numbers = np.asarray(column.cast(pa.float64(), safe=False).fill_null(0.0).to_numpy(), dtype=np.float64)
    if column.null_count:
        rows = np.flatnonzero(column.is_null().to_numpy()).tolist()
        fix = "Give a number from 0 to 1."
        faults.add_rows(
            f"empty cells in {name}", rows, lambda row: Problem("The probability is empty.", fix, row + 1, name)
        )
    return numbers


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or ["damaged"])[0][:200].rstrip(".")

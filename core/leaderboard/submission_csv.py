"""CSV submissions: columns `row_id` and `label`, and where there are probabilities `p_<label>` for every label."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from core.errors import Problem
from core.leaderboard.faults import Faults, quoted, refused
from core.leaderboard.prediction_files import LABEL, PROBABILITY_PREFIX, ROW_ID
from core.leaderboard.predictions import TestForm
from core.leaderboard.submission_columns import SubmittedColumns
from core.leaderboard.submission_limits import MAX_TOLD, max_rows

_FIRST_ROW: Final = 2  # the header is row 1
_BOM: Final = b"\xef\xbb\xbf"
_MAX_HEADER: Final = 100_000
_ENCODING_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def read_csv(data: bytes, form: TestForm, faults: Faults) -> SubmittedColumns:
    """The columns of a CSV text; `InvalidInput` when it cannot be taken apart into them."""
    if data.startswith(_ENCODING_MARKS):
        raise refused("The file is UTF-16 text.", "Save it as UTF-8.")
    data = data.removeprefix(_BOM).rstrip(b"\r\n")
    n_lines = data.count(b"\n")
    if n_lines > max_rows(len(form)):
        raise refused(f"The file holds {n_lines:,} rows; the form has {len(form):,}.", "Answer each test row once.")
    names = _header(data)
    check_names(names, form, faults)
    faults.raise_any()
    if n_lines == 0:
        return SubmittedColumns([], [])
    table = _table(data, names, faults)
    probabilities = [_numbers(table.column(name), name, faults) for name in probability_names(names, form)]
    return SubmittedColumns(
        table.column(ROW_ID),
        table.column(LABEL),
        np.stack(probabilities, axis=1) if probabilities else None,
        _FIRST_ROW,
    )


def probability_names(names: Sequence[str], form: TestForm) -> list[str]:
    """The columns of probabilities in the order of the form's labels; none where the file has none."""
    wanted = [f"{PROBABILITY_PREFIX}{label}" for label in form.labels]
    return wanted if any(name in wanted for name in names) else []


def check_names(names: Sequence[str], form: TestForm, faults: Faults) -> None:
    """Note every column that is missing, unknown or there twice."""
    wanted = [ROW_ID, LABEL, *probability_names(names, form)]
    allowed = [ROW_ID, LABEL, *(f"{PROBABILITY_PREFIX}{label}" for label in form.labels)]
    for name in wanted:
        if name not in names:
            faults.add("The column is missing.", _hint(names, allowed), name)
    strange = [name for name in dict.fromkeys(names) if name not in allowed]
    if strange:
        listed = ", ".join(map(quoted, strange[:MAX_TOLD]))
        faults.add(f"There is no column {listed} in a submission.", f"Use only {', '.join(allowed)}.")
    for name in allowed:
        if list(names).count(name) > 1:
            faults.add("The column is there twice.", "Keep one of them.", name)


def _hint(names: Sequence[str], allowed: Sequence[str]) -> str:
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return "Separate the columns by commas."
    return f"Name the columns in the first line: {','.join(allowed[:2])}, with probabilities {','.join(allowed)}."


def _header(data: bytes) -> list[str]:
    line = data[:_MAX_HEADER].split(b"\n", 1)[0]
    try:
        return next(csv.reader(io.StringIO(line.decode("utf-8").rstrip("\r"), newline="")), [])
    except UnicodeDecodeError as error:
        raise refused("The first line is no UTF-8 text.", "Save the file as UTF-8.") from error
    except csv.Error as error:
        raise refused(f"The first line cannot be read: {error}.", "Name the columns there.") from error


def _table(data: bytes, names: Sequence[str], faults: Faults) -> pa.Table:
    """Every cell as text; rows of another width are faults."""
    ragged: list[Any] = []

    def skip(row: Any) -> str:
        ragged.append((row.number, row.actual_columns))
        return "skip"

    try:
        table = pa_csv.read_csv(
            pa.BufferReader(data),
            pa_csv.ReadOptions(use_threads=False, column_names=list(names), skip_rows=1),
            pa_csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=skip),
            pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except (pa.ArrowException, OSError) as error:
        raise refused(f"The file cannot be read as CSV: {_sentence(error)}", "Write one row per line.") from error
    widths = dict(ragged)

    def problem(row: int) -> Problem:
        message = f"It has {widths[row]} cells where the header has {len(names)}."
        return Problem(message, "Write one cell per column, separated by commas.", row)

    faults.add_rows("rows of another width", sorted(widths), problem)
    return table


def _numbers(column: Any, name: str, faults: Faults) -> NDArray[np.float64]:
    """Numbers of a column of text, float64 [N]; 0 where a cell is none, which is a fault."""
    try:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowException:
        cells = column.to_pylist()
    numbers = [_number(cell) for cell in cells]

    def problem(row: int) -> Problem:
        shown = f"{quoted(cells[row])} is no number." if cells[row].strip() else "The probability is empty."
        return Problem(shown, "Give a number from 0 to 1.", row + _FIRST_ROW, name)

    faults.add_rows(f"wrong cells in {name}", [row for row, number in enumerate(numbers) if number is None], problem)
    return np.array([0.0 if number is None else number for number in numbers])


def _number(cell: str) -> float | None:
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def _sentence(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return text if text.endswith(".") else f"{text}."

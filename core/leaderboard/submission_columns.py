"""Columns of a submitted file, matched with the test form: each row answered once by a label, or all faults listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import Problem
from core.leaderboard.faults import Faults, quoted
from core.leaderboard.prediction_files import LABEL, PROBABILITY_PREFIX, ROW_ID
from core.leaderboard.predictions import Predictions, TestForm
from core.leaderboard.submission_limits import MAX_TOLD, SUM_TOLERANCE

_NO_LABELS = frozenset(("nan", "none", "null", "na", "n/a"))


@dataclass(frozen=True, eq=False, slots=True)
class SubmittedColumns:
    """N rows as they stand in the file; what they hold is not looked at yet.

    `row_ids` and `labels`: any values, or Arrow columns of text. `probabilities`, float64 [N, K]: in the order of the
    form's labels. `first_row`: the number that people give to the first of them.
    """

    row_ids: Sequence[Any] | pa.ChunkedArray
    labels: Sequence[Any] | pa.ChunkedArray
    probabilities: NDArray[np.float64] | None = None
    first_row: int = 1


def match_columns(columns: SubmittedColumns, form: TestForm, faults: Faults) -> Predictions:
    """The columns as predictions in the form's order; `InvalidInput` lists what was found before and is found now."""
    if not len(columns.row_ids):
        faults.add("The file holds no rows.", f"Answer each of the {len(form):,} test rows.")
        faults.raise_any()
    places = _places(columns, form, faults)
    label = _labels(columns, form, faults)
    if columns.probabilities is not None:
        _check_probabilities(columns.probabilities, columns.first_row, form, faults)
    faults.raise_any()
    order = np.empty(len(form), dtype=np.intp)
    order[places] = np.arange(len(places))
    return Predictions(label[order], None if columns.probabilities is None else columns.probabilities[order])


def _places(columns: SubmittedColumns, form: TestForm, faults: Faults) -> NDArray[np.intp]:
    """The form's row that each submitted row answers, intp [N]; -1 where there is none, which is a fault."""
    places = _looked_up(columns.row_ids, form.row_id_array, form.place_of).astype(np.intp)
    found = np.flatnonzero(places >= 0)
    n_answers = np.bincount(places[found], minlength=len(form))
    if len(found) == len(form) and (n_answers == 1).all() and len(places) == len(form):
        return places
    columns = replace(columns, row_ids=_values(columns.row_ids))
    unknown = np.flatnonzero(places < 0)
    if len(unknown):
        ids = [columns.row_ids[row] for row in unknown.tolist()]
        is_training = np.array([type(row_id) is str and row_id in form.training_ids for row_id in ids])
        _add_training(unknown[is_training], columns, faults)
        _add_unknown(unknown[~is_training], columns, form, faults)
    if (n_answers > 1).any():
        _add_duplicates(found, places, columns, faults)
    if (n_answers == 0).any():
        _add_missing(np.flatnonzero(n_answers == 0), form, faults)
    return places


def _looked_up(
    values: Sequence[Any] | pa.ChunkedArray, names: pa.Array, place_of: Mapping[str, int]
) -> NDArray[np.int32]:
    """The place of each value among the names, int32 [N]; -1 for what is none of them."""
    if isinstance(values, pa.ChunkedArray):
        return np.asarray(pc.index_in(values, value_set=names).fill_null(-1).to_numpy(), dtype=np.int32)
    texts = values if set(map(type, values)) == {str} else [v if type(v) is str else None for v in values]
    return np.fromiter(map(place_of.get, texts, repeat(-1)), dtype=np.int32, count=len(values))  # type: ignore[arg-type]


def _values(column: Sequence[Any] | pa.ChunkedArray) -> Sequence[Any]:
    return column.to_pylist() if isinstance(column, pa.ChunkedArray) else column


def _add_training(rows: NDArray[np.intp], columns: SubmittedColumns, faults: Faults) -> None:
    def problem(row: int) -> Problem:
        message = f"{quoted(columns.row_ids[row])} is a row of the training part."
        return Problem(message, "Predict the rows of the test file only.", row + columns.first_row, ROW_ID)

    faults.add_rows("training rows", rows.tolist(), problem)


def _add_unknown(rows: NDArray[np.intp], columns: SubmittedColumns, form: TestForm, faults: Faults) -> None:
    def problem(row: int) -> Problem:
        return Problem(*_id_fault(columns.row_ids[row], form), row + columns.first_row, ROW_ID)

    faults.add_rows("unknown row ids", rows.tolist(), problem)


def _id_fault(value: Any, form: TestForm) -> tuple[str, str]:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "The row id is empty.", "Copy the ids of the test file."
    if not isinstance(value, str):
        return f"The row id is {_kind(value)}.", "Write it as text, as in the test file."
    if value.strip() in form.place_of:
        return f"The row id {quoted(value)} has a space around it.", "Take the space away."
    return f"{quoted(value)} is no row of this version's test file.", "Is the file of another version?"


def _add_duplicates(
    found: NDArray[np.intp], places: NDArray[np.intp], columns: SubmittedColumns, faults: Faults
) -> None:
    _, first, which = np.unique(places[found], return_index=True, return_inverse=True)
    earlier = found[first[which]]
    first_of = dict(zip(found.tolist(), earlier.tolist(), strict=True))

    def problem(row: int) -> Problem:
        before = first_of[row] + columns.first_row
        message = f"{quoted(columns.row_ids[row])} was answered in row {before:,} already."
        return Problem(message, "Answer each test row once.", row + columns.first_row, ROW_ID)

    faults.add_rows("repeated rows", found[found != earlier].tolist(), problem)


def _add_missing(missing: NDArray[np.intp], form: TestForm, faults: Faults) -> None:
    names = ", ".join(quoted(form.row_ids[place]) for place in missing[:MAX_TOLD].tolist())
    more = f" and {len(missing) - MAX_TOLD:,} more" if len(missing) > MAX_TOLD else ""
    message = f"{len(missing):,} of the {len(form):,} test rows have no prediction: {names}{more}."
    faults.add(message, "Answer each test row once.", ROW_ID)


def _labels(columns: SubmittedColumns, form: TestForm, faults: Faults) -> NDArray[np.int8]:
    """The place of each label among the form's, int8 [N]; -1 where it is none of them, which is a fault."""
    place_of = {name: place for place, name in enumerate(form.labels)}
    label = _looked_up(columns.labels, form.label_array, place_of).astype(np.int8)
    if (label >= 0).all():
        return label
    given = _values(columns.labels)

    def problem(row: int) -> Problem:
        return Problem(*_label_fault(given[row], form.labels), row + columns.first_row, LABEL)

    faults.add_rows("wrong labels", np.flatnonzero(label < 0).tolist(), problem)
    return label


def _label_fault(value: Any, labels: tuple[str, ...]) -> tuple[str, str]:
    names = ", ".join(map(repr, labels))
    if value is None or (isinstance(value, str) and not value.strip()):
        return "The label is empty.", f"Write one of {names}."
    if (isinstance(value, str) and value.strip().casefold() in _NO_LABELS) or value != value:
        return f"{quoted(value)} stands for a missing label.", f"Every row needs one of {names}."
    if not isinstance(value, str) or _is_number(value):
        shown = _kind(value) if not isinstance(value, str) else f"the number {quoted(value)}"
        return f"The label is {shown}.", f"Labels are names: write one of {names}."
    meant = [name for name in labels if name.casefold() == value.strip().casefold()]
    if meant:
        return f"The label {quoted(value)} is not written exactly so.", f"Write {meant[0]!r}."
    return f"There is no label {quoted(value)}.", f"Write one of {names}."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {quoted(value)}"
    return "a list or an object"


def _check_probabilities(given: NDArray[np.float64], first_row: int, form: TestForm, faults: Faults) -> None:
    is_wrong = ~((given >= 0.0) & (given <= 1.0))  # NaN is neither
    rows = np.flatnonzero(is_wrong.any(axis=1))

    def wrong(row: int) -> Problem:
        place = int(np.flatnonzero(is_wrong[row])[0])
        field = f"{PROBABILITY_PREFIX}{form.labels[place]}"
        message = f"{given[row, place]:g} is no probability."
        return Problem(message, "Give a number from 0 to 1 for every label.", row + first_row, field)

    def uneven(row: int) -> Problem:
        message = f"The probabilities sum to {given[row].sum():.6g}."
        fix = f"They must sum to 1 within {SUM_TOLERANCE:g}."
        return Problem(message, fix, row + first_row, "probabilities")

    faults.add_rows("rows with impossible probabilities", rows.tolist(), wrong)
    is_off = (np.abs(given.sum(axis=1) - 1.0) > SUM_TOLERANCE) & ~is_wrong.any(axis=1)
    faults.add_rows("rows whose probabilities do not sum to 1", np.flatnonzero(is_off).tolist(), uneven)

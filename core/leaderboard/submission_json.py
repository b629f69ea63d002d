"""JSON submissions: a list of `{"row_id", "label"[, "probabilities"]}`, or one object from row id to label."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import numpy as np
import pydantic_core
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.leaderboard.faults import Faults, quoted, refused
from core.leaderboard.prediction_files import LABEL, ROW_ID
from core.leaderboard.predictions import TestForm
from core.leaderboard.submission_columns import SubmittedColumns
from core.leaderboard.submission_limits import max_rows

PROBABILITIES: Final = "probabilities"
_FIELDS: Final = (ROW_ID, LABEL, PROBABILITIES)
_FORM: Final = f'Send a list of {{"{ROW_ID}": "...", "{LABEL}": "..."}}, or one object from row id to label.'


class _Repeating(dict[str, Any]):
    """An object in which a name stands twice; `pairs`: as it is written."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def read_json(data: bytes, form: TestForm, faults: Faults) -> SubmittedColumns:
    """The columns of a JSON text; `InvalidInput` when it is no JSON of either form."""
    _refuse_bulk(data, form)
    return _read_fast(data, form) or _columns(_parsed(data), form, faults)


def _read_fast(data: bytes, form: TestForm) -> SubmittedColumns | None:
    """The columns where nothing is wrong with the fields, else None: the fast parser neither places a fault nor tells
    that a name stands twice in an object. That is seen by the colons, since every name has one.
    """
    if b"\\" in data:  # an escape may hide a colon
        return None
    faults = Faults()
    try:
        columns = _columns(pydantic_core.from_json(data), form, faults)
        faults.raise_any()
    except (ValueError, InvalidInput):
        return None
    n_fields = 1 if data.lstrip()[:1] == b"{" else 2
    if columns.probabilities is not None:
        n_fields = 3 + len(form.labels)
    n_colons = n_fields * len(columns.row_ids) + _colons(columns.row_ids) + _colons(columns.labels)
    return columns if data.count(b":") == n_colons else None


def _colons(texts: Iterable[Any]) -> int:
    return "".join(text for text in texts if type(text) is str).count(":")


def _columns(value: Any, form: TestForm, faults: Faults) -> SubmittedColumns:
    if isinstance(value, dict):
        pairs = value.pairs if isinstance(value, _Repeating) else value.items()
        return SubmittedColumns([name for name, _ in pairs], [label for _, label in pairs])
    if not isinstance(value, list):
        raise refused(f"The JSON text is {quoted(value)}.", _FORM)
    _check_objects(value)
    has_probabilities = any(PROBABILITIES in row for row in value)
    _check_fields(value, 2 + has_probabilities, faults)
    probabilities = _probabilities(value, form, faults) if has_probabilities else None
    row_ids, labels = ([row.get(name) for row in value] for name in (ROW_ID, LABEL))
    return SubmittedColumns(row_ids, labels, probabilities)


def _refuse_bulk(data: bytes, form: TestForm) -> None:
    """Refuse a text with more values than any answer has, before it is taken apart: each costs memory."""
    n_values = sum(data.count(mark) for mark in (b",", b"[", b"{"))
    limit = max_rows(len(form)) * (len(form.labels) + 5)
    if n_values > limit:
        raise refused(f"The JSON text holds more than {limit:,} values; the form has {len(form):,} rows.", _FORM)


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise refused(f"Byte {error.start + 1:,} is no UTF-8 text.", "Save the file as UTF-8.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno:,}, character {error.colno:,}"
        raise refused(f"This is no JSON: {error.msg} at {place}.", _FORM) from error
    except RecursionError as error:
        raise refused("The JSON text is nested too deeply.", _FORM) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise refused("The JSON text holds a number that is too long.", _FORM) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    return row if len(row) == len(pairs) else _Repeating(pairs)


def _check_objects(rows: list[Any]) -> None:
    if set(map(type, rows)) <= {dict}:
        return
    faults, wrong = Faults(), [number for number, row in enumerate(rows) if not isinstance(row, dict)]
    faults.add_rows("rows that are no objects", wrong, lambda row: Problem("It is no object.", _FORM, row + 1))
    faults.raise_any()


def _check_fields(rows: list[dict[str, Any]], n_fields: int, faults: Faults) -> None:
    """Every row has each field once and no other; looked at one by one only where some row has not."""
    wanted = _FIELDS[:n_fields]
    written = set(map(tuple, rows))  # the few orders in which the fields are written
    if all(len(names) == n_fields and set(names) == set(wanted) for names in written) and not _has_repeating(rows):
        return
    strange, twice, without = [], [], []
    for number, row in enumerate(rows):
        if not set(row) <= set(_FIELDS):
            strange.append(number)
        if isinstance(row, _Repeating):
            twice.append(number)
        if not set(wanted) <= set(row):
            without.append(number)

    def unknown(row: int) -> Problem:
        names = ", ".join(quoted(name) for name in rows[row] if name not in _FIELDS)
        return Problem(f"There is no field {names[:200]}.", f"Use only {', '.join(_FIELDS)}.", row + 1)

    def repeated(row: int) -> Problem:
        return Problem("A field stands there twice.", "Write each field once.", row + 1)

    def absent(row: int) -> Problem:
        missing = [name for name in wanted if name not in rows[row]]
        fix = "Give probabilities for every row, or for none." if missing == [PROBABILITIES] else _FORM
        return Problem("It is missing.", fix, row + 1, missing[0])

    faults.add_rows("rows with unknown fields", strange, unknown)
    faults.add_rows("rows with a field twice", twice, repeated)
    faults.add_rows("rows with missing fields", without, absent)


def _has_repeating(rows: list[dict[str, Any]]) -> bool:
    return _Repeating in set(map(type, rows))


def _probabilities(rows: list[dict[str, Any]], form: TestForm, faults: Faults) -> NDArray[np.float64] | None:
    """float64 [N, K]; None where some row's are no numbers by label, which is a fault."""
    given = [row.get(PROBABILITIES) for row in rows]
    try:
        return _as_matrix(given, form.labels)
    except (TypeError, ValueError, KeyError, OverflowError):
        pass  # found out row by row, so that all of them can be told

    def problem(row: int) -> Problem:
        names = ", ".join(f'"{name}": 0.5' for name in form.labels)
        fix = f"Give each label a number, as in {{{names}}}."
        return Problem("These are no numbers by label.", fix, row + 1, PROBABILITIES)

    wrong = [row for row, values in enumerate(given) if values is not None and not _is_row(values, form.labels)]
    faults.add_rows("rows with wrong probabilities", wrong, problem)
    return None


def _is_row(values: Any, labels: tuple[str, ...]) -> bool:
    try:
        _as_matrix([values], labels)
    except (TypeError, ValueError, KeyError, OverflowError):
        return False
    return True


def _as_matrix(given: Sequence[Any], labels: tuple[str, ...]) -> NDArray[np.float64]:
    """float64 [N, K] of N JSON objects from label to number; an error where one is anything else."""
    if not set(map(type, given)) <= {dict} or not set(map(len, given)) <= {len(labels)}:
        raise TypeError
    flat = list(chain.from_iterable(map(itemgetter(*labels), given)))
    if not set(map(type, flat)) <= {float, int}:
        raise TypeError
    return np.array(flat, dtype=np.float64).reshape(len(given), len(labels))

"""JSON and JSON lines to a table: a list of objects, `{"attributes": [...]}`, or one object per line."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.catalogue.limits import TableLimits
from core.catalogue.table_model import Table, check_width, too_many_rows, unreadable
from core.catalogue.text_checks import shown
from core.catalogue.typed_rows import Cell, Refused, TypedCell, TypedRows
from core.errors import InvalidInput, Problem

_STARTS_LIKE_JSON = re.compile(r"\s*(?:\[\s*[\[{\]]|\{\s*[\"}])")
_LIST_KEY = "attributes"
_SHAPE = 'Write a list of objects, {"attributes": [...]}, or one object per line.'


class _Number(str):
    """A JSON number as its file spells it: `007` cannot occur, and `1.0` stays `1.0`."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key that occurs twice is seen."""


def starts_like_json(text: str) -> bool:
    """Whether the first characters open a list of objects or an object with keys."""
    return _STARTS_LIKE_JSON.match(text) is not None


def read_json(text: str, is_lines: bool, limits: TableLimits) -> Table:
    """Read objects as rows, numbered from 1 (items of a list) or by line (`is_lines`, or an object per line).

    Columns are all keys in order of first appearance; null and absent keys are empty cells; numbers and booleans keep
    the text of the file. What is nested, doubled or no object becomes a problem of its row.
    """
    if _holds_lines(text, is_lines):
        items = list(_lines(text, limits))
        warnings: list[Problem] = []
    else:
        items, warnings = _list_items(text)
    if len(items) > limits.max_rows:
        raise too_many_rows(limits)
    return _table(items, warnings, limits)


def _load(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_Object, parse_int=_Number, parse_float=_Number, parse_constant=_Number
        )
    except json.JSONDecodeError as error:
        raise unreadable(
            f"Not valid JSON at line {error.lineno}, character {error.colno}: {error.msg}.",
            "Correct it there; if the file is a CSV, name it .csv.",
        ) from error
    except RecursionError as error:
        raise unreadable("The JSON is nested too deeply to be a table.", _SHAPE) from error


def _holds_lines(text: str, is_lines: bool) -> bool:
    """One object per line: the first line is a whole object (by itself no catalogue), or the name says so."""
    start = text.lstrip()
    if start.startswith("["):
        return False
    first_line = start.split("\n", 1)[0]
    try:
        first = json.loads(first_line)
    except (ValueError, RecursionError):
        return is_lines and first_line.strip() != "{"  # an object that starts like this spans lines
    return isinstance(first, dict) and _LIST_KEY not in first


def _lines(text: str, limits: TableLimits) -> Iterator[tuple[int, Any]]:
    n_items = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        n_items += 1
        if n_items > limits.max_rows:
            raise too_many_rows(limits)
        try:
            yield number, _load(line)
        except InvalidInput as error:
            yield number, replace(error.problems[0], row=number)


def _list_items(text: str) -> tuple[list[tuple[int, Any]], list[Problem]]:
    content = _load(text)
    warnings: list[Problem] = []
    if isinstance(content, _Object):
        lists = [value for key, value in content if key == _LIST_KEY]
        if len(lists) != 1:
            raise unreadable(f"The JSON object holds {len(lists)} keys named {_LIST_KEY!r}; one is needed.", _SHAPE)
        others = [key for key, _ in content if key != _LIST_KEY]
        if others:
            names = ", ".join(shown(key) for key in others[:10])
            warnings.append(Problem(f"Only {_LIST_KEY!r} is read; the file also has {names}."))
        content = lists[0]
    if not isinstance(content, list) or isinstance(content, _Object):
        raise unreadable("The JSON is no list of objects.", _SHAPE)
    return list(enumerate(content, start=1)), warnings


def _table(items: list[tuple[int, Any]], warnings: list[Problem], limits: TableLimits) -> Table:
    header = dict.fromkeys(key for _, item in items if isinstance(item, _Object) for key, _ in item)
    check_width(len(header))
    rows = TypedRows(tuple(header), limits)
    for number, item in items:
        if not isinstance(item, _Object):
            rows.refuse(_no_object(number, item))
            continue
        values = dict(item)
        rows.add(number, [_cell(values.get(key)) for key in header])
        if len(values) < len(item):
            rows.problems += _doubled_keys(number, item)
    return rows.table(None, warnings)


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return TypedCell("true/false values", "true" if value else "false")
    if isinstance(value, _Number):
        return TypedCell("numbers", str(value))
    if isinstance(value, str):
        return value
    kind = "an object" if isinstance(value, _Object) else "a list"
    return Refused(f"The value is {kind}, not text.", "Write one text; nested values have no column.")


def _no_object(number: int, item: Any) -> Problem:
    if isinstance(item, Problem):
        return item
    kind = "null" if item is None else "a list" if isinstance(item, list) else f"the value {shown(str(item))}"
    return Problem(f"The item is {kind}, not an object.", _SHAPE, number)


def _doubled_keys(number: int, item: _Object) -> list[Problem]:
    keys = [key for key, _ in item]
    doubled = dict.fromkeys(key for key in keys if keys.count(key) > 1)
    return [Problem(f"The key {shown(key)} occurs twice in one object.", "Keep one.", number, key) for key in doubled]

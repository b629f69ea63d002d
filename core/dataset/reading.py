"""A strict reader of `dataset.jsonl`: every problem of every line, nothing repaired."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from core.catalogue.model import Catalogue
from core.catalogue.nearest import NearestNames
from core.dataset.rows import LabelledRows
from core.errors import InvalidInput, Problem
from core.sampler.configuration import LABEL_KEY

WHAT = "The dataset cannot be read"


class _Row(NamedTuple):
    label: str
    nodes: tuple[int, ...]


class _RepeatedKey(ValueError):
    """A JSON object with a key twice."""


def read_rows(
    data: bytes,
    catalogue: Catalogue,
    type_ranges: Mapping[str, tuple[int, int]],
    labels: Sequence[str] | None = None,
) -> LabelledRows:
    """Read JSONL rows; `InvalidInput` with every problem and its line.

    Every type of `type_ranges` must be a key of every row, and no other type may be. Counts and fractions outside their
    ranges are not refused here: `evaluate` measures them. `labels`, when given, are the only labels
    allowed, in their order; otherwise labels are numbered by first appearance.
    """
    reader = _Reader(catalogue, tuple(type_ranges), labels)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = Problem("The line is not UTF-8 text.", "Save the file as UTF-8.", row=line)
        raise InvalidInput(WHAT, [problem]) from error
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise InvalidInput(WHAT, [Problem("The file holds no row.", "Give one JSON object per line.")])
    rows = [reader.row(number, line) for number, line in enumerate(lines, start=1)]
    if reader.problems:
        raise InvalidInput(WHAT, reader.problems)
    return _columns(tuple(type_ranges), labels, [row for row in rows if row is not None])


class _Reader:
    """Reads line after line and collects what is wrong with each."""

    def __init__(self, catalogue: Catalogue, types: tuple[str, ...], labels: Sequence[str] | None) -> None:
        self.problems: list[Problem] = []
        self._types = types
        self._labels = None if labels is None else frozenset(labels)
        self._catalogue = catalogue
        self._position = {(a.attribute_type, a.value): i for i, a in enumerate(catalogue.attributes)}
        self._names: dict[str, NearestNames] = {}

    def row(self, number: int, line: str) -> _Row | None:
        """The row of a line, or None with at least one more problem."""
        before = len(self.problems)
        fields = self._object(number, line)
        if fields is None:
            return None
        for key in fields:
            if key not in self._types and key != LABEL_KEY:
                self._say(number, f"{key!r} is not an attribute type of this dataset.", self._types_fix(key), key)
        nodes: list[int] = []
        for name in self._types:
            nodes += self._values(number, name, fields)
        label = self._label(number, fields)
        return _Row(label, tuple(nodes)) if len(self.problems) == before else None

    def _say(self, number: int, message: str, fix: str, field: str = "") -> None:
        self.problems.append(Problem(message, fix, row=number, field=field))

    def _object(self, number: int, line: str) -> dict[str, Any] | None:
        try:
            value = json.loads(line, object_pairs_hook=_unique_keys)
        except _RepeatedKey as error:
            self._say(number, f"The key {error.args[0]!r} appears more than once.", "Keep one of them.")
            return None
        except (ValueError, RecursionError) as error:
            self._say(number, f"Not valid JSON: {error}.", "Write one JSON object on each line.")
            return None
        if not isinstance(value, dict):
            self._say(number, "The line is not a JSON object.", "Write {...} with a list for every attribute type.")
            return None
        return value

    def _values(self, number: int, name: str, fields: Mapping[str, Any]) -> list[int]:
        """Positions of the values of one type, ascending."""
        if name not in fields:
            self._say(number, f"The attribute type {name!r} is missing.", "Write [] when the row has none.", name)
            return []
        given = fields[name]
        if not isinstance(given, list) or not all(isinstance(value, str) for value in given):
            self._say(number, "The values are not a list of texts.", 'Write a list: ["..."].', name)
            return []
        positions = []
        for value in given:
            position = self._position.get((name, value))
            if position is None:
                self._say(number, f"The catalogue has no {name} {value!r}.", self._value_fix(name, value), name)
            elif position in positions:
                self._say(number, f"{value!r} appears more than once in the row.", "List every value once.", name)
            else:
                positions.append(position)
        return sorted(positions)

    def _label(self, number: int, fields: Mapping[str, Any]) -> str:
        label = fields.get(LABEL_KEY)
        if not isinstance(label, str) or not label:
            self._say(number, "The row has no label.", f'Add "{LABEL_KEY}": "...".', LABEL_KEY)
            return ""
        if self._labels is not None and label not in self._labels:
            known = ", ".join(sorted(self._labels))
            self._say(number, f"The label {label!r} is unknown.", f"Known labels: {known}.", LABEL_KEY)
        return label

    def _types_fix(self, key: str) -> str:
        near = NearestNames(self._types).nearest(key, 1)
        return f"Did you mean {near[0]!r}?" if near else f"Its types are: {', '.join(self._types)}."

    def _value_fix(self, name: str, value: str) -> str:
        others = [self._catalogue.attributes[i] for i in self._catalogue.positions_by_value.get(value, ())]
        if others:
            return f"It is of the type {others[0].attribute_type!r}: list it there."
        if name not in self._names:
            positions = self._catalogue.positions_by_type.get(name, ())
            self._names[name] = NearestNames(self._catalogue.attributes[i].value for i in positions)
        near = self._names[name].nearest(value, 1)
        return f"Did you mean {near[0]!r}?" if near else "Correct the value or read with the right catalogue."


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise _RepeatedKey(key)
        made[key] = value
    return made


def _columns(types: tuple[str, ...], labels: Sequence[str] | None, rows: Sequence[_Row]) -> LabelledRows:
    names = tuple(labels) if labels is not None else tuple(dict.fromkeys(row.label for row in rows))
    number = {name: i for i, name in enumerate(names)}
    return LabelledRows(
        types=types,
        labels=names,
        label=np.array([number[row.label] for row in rows], dtype=np.int32),
        nodes=np.array([node for row in rows for node in row.nodes], dtype=np.int32),
        offsets=np.cumsum([0, *(len(row.nodes) for row in rows)]).astype(np.int64),
    )

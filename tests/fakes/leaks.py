"""A search for hidden answers: anything that joins a test row with its label, however it is written down.

A row may be named by its id, or by what it holds; a label by its name, or by a code in a column beside. Test rows and
training rows never hold the same attributes, so a labelled row with a test row's attributes is a leak without any id.
"""

import io
import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Record = dict[str, Any]


class LeakSearch:
    """`truth`: the label of each test row by its id; `rows`: the values that each test row holds, by its id.

    `guess` is the one label that was ever submitted: joined with a row it says nothing.
    """

    def __init__(self, truth: dict[str, str], rows: dict[str, Iterable[str]], guess: str) -> None:
        self.truth = truth
        self.labels = set(truth.values())
        self.telling = self.labels - {guess}
        names = sorted(self.labels)  # a refusal that lists all of them tells nothing
        self.listed = [", ".join(names), ", ".join(map(repr, names))]
        self.held = {frozenset(values): row_id for row_id, values in rows.items()}

    def leaks(self, name: str, data: bytes) -> list[str]:
        """What is wrong with one file, answer or text; empty where it tells nothing."""
        found = [f"{name}: names rows and labels"] if self._names_both(data) else []
        for place, records in _tables(data):
            found += [f"{name}{place}: {what}" for what in self._in_records(records)]
        return found

    def _names_both(self, data: bytes) -> bool:
        text = data.decode("utf-8", "replace")
        for listed in self.listed:
            text = text.replace(listed, "")
        return any(label in text for label in self.telling) and any(row_id in text for row_id in self.truth)

    def _in_records(self, records: list[Record]) -> Iterator[str]:
        flat = [set(_texts(record)) for record in records]
        for values in flat:
            told = values & self.telling
            row_ids = values & self.truth.keys()
            if told and (row_ids or frozenset(values - self.labels) in self.held):
                yield f"a row with {told}"
                return
        yield from self._codes(records, flat)

    def _codes(self, records: list[Record], flat: list[set[str]]) -> Iterator[str]:
        """Columns beside test rows in which few values stand for the labels, one for each."""
        ids = [next(iter(values & self.truth.keys()), "") or self._held_by(values) for values in flat]
        rows = [(record, self.truth[row_id]) for record, row_id in zip(records, ids, strict=True) if row_id]
        if len({label for _, label in rows}) < 2:
            return
        for column in {name for record, _ in rows for name in record}:
            pairs = {(json.dumps(record.get(column), sort_keys=True, default=str), label) for record, label in rows}
            if len(pairs) == len({code for code, _ in pairs}) <= len(self.labels) + 1:
                yield f"the column {column} tells the labels"
        if _n_runs([label for _, label in rows]) < len(rows) / 8:
            yield "the order of the rows tells the labels"

    def _held_by(self, values: set[str]) -> str:
        return self.held.get(frozenset(values), "")


def _tables(data: bytes) -> Iterator[tuple[str, list[Record]]]:
    """Everything in the data that is a table: Parquet, lines of JSON, lists in JSON, columns in JSON."""
    if data[:4] == b"PAR1":
        yield " (Parquet)", pq.read_table(io.BytesIO(data)).to_pylist()
        return
    lines = [_parsed(line) for line in data.splitlines()]
    yield " (lines)", [line for line in lines if isinstance(line, dict)]
    yield from _lists(_parsed(data))


def _lists(value: Any) -> Iterator[tuple[str, list[Record]]]:
    if isinstance(value, list):
        yield " (list)", [item if isinstance(item, dict) else {"item": item} for item in value]
        for item in value:
            yield from _lists(item)
    if isinstance(value, dict):
        columns = {name: column for name, column in value.items() if isinstance(column, list)}
        for length in {len(column) for column in columns.values()}:
            alike = {name: column for name, column in columns.items() if len(column) == length}
            yield " (columns)", [dict(zip(alike, row, strict=True)) for row in zip(*alike.values(), strict=True)]
        if columns or any(isinstance(item, dict) for item in value.values()):
            for item in value.values():
                yield from _lists(item)
        yield " (object)", [{"key": name, "value": item} for name, item in value.items()]


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _n_runs(labels: list[str]) -> int:
    return 1 + sum(a != b for a, b in pairwise(labels))


def as_parquet(records: list[Record]) -> bytes:
    """Records as the bytes of a Parquet file."""
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), held)
    return held.getvalue()

"""Files: round trips, Parquet against JSONL, and every kind of line that is no row."""

import io
import json

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset.files import read_rows, rows_jsonl, rows_parquet
from core.dataset.generation import GeneratedDataset
from core.dataset.rows import rows_from_lists
from core.errors import InvalidInput
from core.graph.model import SignedGraph

TYPES = ("b-type", "a-type", "c-type")


def test_jsonl_read_back_is_the_same_table(graph: SignedGraph, generated: GeneratedDataset) -> None:
    data = rows_jsonl(generated.rows)
    again = read_rows(data, graph.catalogue, TYPES)
    assert list(again.records()) == list(generated.rows.records())
    assert rows_jsonl(again) == data
    assert rows_parquet(again) == rows_parquet(generated.rows)


def test_parquet_and_jsonl_hold_the_same_rows(generated: GeneratedDataset) -> None:
    table = pq.read_table(io.BytesIO(rows_parquet(generated.rows)))
    lines = [json.loads(line) for line in rows_jsonl(generated.rows).decode().splitlines()]
    assert table.to_pylist() == lines


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_rows_survive_the_round_trip(graph: SignedGraph, data: st.DataObject) -> None:
    position = st.integers(0, len(graph.catalogue) - 1)
    lists = data.draw(st.lists(st.sets(position, max_size=6).map(sorted), min_size=1, max_size=8))
    labels = data.draw(st.lists(st.sampled_from([0, 1]), min_size=len(lists), max_size=len(lists)))
    rows = rows_from_lists(graph.catalogue, TYPES, ("x", "y\u2028z"), labels, lists)
    again = read_rows(rows_jsonl(rows), graph.catalogue, TYPES)
    assert list(again.records()) == list(rows.records())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{not json", "row 2: This line is not JSON"),
        ("[1, 2]", "row 2: This line is not a JSON object"),
        ('{"a-type": []}', "row 2, label: The row has no label"),
        ('{"a-type": [], "label": 3}', "row 2, label: The row has no label"),
        ('{"a-type": "a0", "label": "pos"}', "row 2, a-type: The values are not a list"),
        ('{"a-type": ["a “0”, umlaut"], "label": "pos"}', "Did you mean 'a “0”, ümlaut'"),
        ('{"a-type": ["a “0”, ümlaut", "a “0”, ümlaut"], "label": "pos"}', "listed twice"),
        ('{"z-type": [], "label": "pos"}', "'z-type' is no attribute type"),
    ],
)
def test_a_line_that_is_no_row_is_named(graph: SignedGraph, line: str, message: str) -> None:
    good = '{"a-type": ["a “1”, ümlaut"], "label": "pos"}'
    with pytest.raises(InvalidInput) as caught:
        read_rows(f"{good}\n{line}\n{good}\n".encode(), graph.catalogue, TYPES)
    assert message in "\n".join(str(problem) for problem in caught.value.problems)


def test_all_bad_lines_are_reported_at_once(graph: SignedGraph) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rows(b'{"label": "x"}\n{\n{"label": ""}\n[]\n', graph.catalogue, TYPES)
    assert [problem.row for problem in caught.value.problems] == [2, 3, 4]


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "no rows"), (b"\n\n", "no rows"), (b'{"a":1}\n\xff\xfe', "not UTF-8")]
)
def test_files_without_rows_or_text_are_refused(graph: SignedGraph, data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_rows(data, graph.catalogue, TYPES)

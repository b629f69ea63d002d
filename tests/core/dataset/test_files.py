"""Files: round trips through an independent reader, and every way a line can be no row."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.dataset import files
from core.dataset.files import jsonl_bytes, write_jsonl, write_parquet
from core.dataset.generation import GeneratedDataset
from core.dataset.reading import read_rows
from core.dataset.rows import LabelledRows
from core.errors import InvalidInput
from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig


def plain(rows: LabelledRows, graph: SignedGraph) -> list[dict[str, Any]]:
    """Oracle: the rows as dictionaries, built attribute by attribute."""
    made = []
    for row in range(len(rows)):
        record: dict[str, Any] = {name: [] for name in rows.types}
        for node in rows.of_row(row):
            attribute = graph.catalogue.attributes[node]
            record[attribute.attribute_type].append(attribute.value)
        made.append(record | {"label": rows.labels[rows.label[row]]})
    return made


def test_each_line_is_one_row_with_keys_in_the_order_of_the_quotas(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset
) -> None:
    lines = jsonl_bytes(dataset.rows, graph.catalogue).decode("utf-8").split("\n")
    assert lines.pop() == ""
    records = [json.loads(line) for line in lines]
    assert records == plain(dataset.rows, graph)
    assert all(list(record) == [*config.type_ranges, "label"] for record in records)


def test_parquet_holds_the_rows_of_the_jsonl(graph: SignedGraph, dataset: GeneratedDataset, tmp_path: Path) -> None:
    write_parquet(dataset.rows, graph.catalogue, tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet").to_pylist() == plain(dataset.rows, graph)


def test_files_are_the_same_bytes_every_time_and_chunk_sizes_do_not_show(
    graph: SignedGraph, dataset: GeneratedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_jsonl(dataset.rows, graph.catalogue, tmp_path / "a.jsonl")
    write_parquet(dataset.rows, graph.catalogue, tmp_path / "a.parquet")
    write_parquet(dataset.rows, graph.catalogue, tmp_path / "b.parquet")
    monkeypatch.setattr(files, "JSONL_ROWS", 7)
    assert (tmp_path / "a.jsonl").read_bytes() == jsonl_bytes(dataset.rows, graph.catalogue)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    monkeypatch.setattr(files, "ROW_GROUP", 11)
    write_parquet(dataset.rows, graph.catalogue, tmp_path / "c.parquet")
    assert pq.read_table(tmp_path / "c.parquet").to_pylist() == plain(dataset.rows, graph)


def test_what_is_written_reads_back_equal(graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset) -> None:
    data = jsonl_bytes(dataset.rows, graph.catalogue)
    again = read_rows(data, graph.catalogue, config.type_ranges, tuple(config.label_params))
    assert jsonl_bytes(again, graph.catalogue) == data
    for name in ("types", "labels"):
        assert getattr(again, name) == getattr(dataset.rows, name)
    for name in ("label", "nodes", "offsets"):
        np.testing.assert_array_equal(getattr(again, name), getattr(dataset.rows, name))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_rows_survive_the_round_trip_even_out_of_range(
    graph: SignedGraph, config: DatasetConfig, data: st.DataObject
) -> None:
    kinds = [a.attribute_type for a in graph.catalogue.attributes]
    values = [a.value for a in graph.catalogue.attributes]
    nodes = st.lists(st.integers(0, len(kinds) - 1), unique=True, max_size=8)
    label = st.text(min_size=1, max_size=5).filter(lambda text: text.isprintable())
    drawn = data.draw(st.lists(st.tuples(nodes, label), min_size=1, max_size=6))
    records = [
        {name: [values[n] for n in sorted(row) if kinds[n] == name] for name in config.type_ranges} | {"label": text}
        for row, text in drawn
    ]
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    rows = read_rows(text.encode(), graph.catalogue, config.type_ranges)
    assert plain(rows, graph) == records


GOOD = {"país": [], "brand": ['brand “1” ü\u2028, "x"\\'], "interest": [], "label": "pos"}


@pytest.mark.parametrize(
    ("line", "field", "message"),
    [
        ("{oops", "", "Not valid JSON"),
        ("[1]", "", "not a JSON object"),
        ("", "", "Not valid JSON"),
        (json.dumps(GOOD)[:-1] + ', "brand": []}', "", "'brand' appears more than once"),
        (json.dumps(GOOD | {"brnd": []}), "brnd", "Did you mean 'brand'"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "país"}), "país", "is missing"),
        (json.dumps(GOOD | {"interest": "x"}), "interest", "not a list of texts"),
        (json.dumps(GOOD | {"interest": [1]}), "interest", "not a list of texts"),
        (json.dumps(GOOD | {"interest": None}), "interest", "not a list of texts"),
        (json.dumps(GOOD | {"brand": ["brand “1”"]}), "brand", "Did you mean 'brand “1”"),
        (json.dumps(GOOD | {"interest": GOOD["brand"]}), "interest", "of the type 'brand'"),
        (json.dumps(GOOD | {"brand": GOOD["brand"] * 2}), "brand", "more than once in the row"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "label"}), "label", "has no label"),
        (json.dumps(GOOD | {"label": 3}), "label", "has no label"),
        (json.dumps(GOOD | {"label": "neg"}), "label", "'neg' is unknown"),
    ],
)
def test_a_line_that_is_no_row_is_named_with_its_number(
    graph: SignedGraph, config: DatasetConfig, line: str, field: str, message: str
) -> None:
    text = "\n".join([json.dumps(GOOD), line, json.dumps(GOOD), ""])
    with pytest.raises(InvalidInput) as caught:
        read_rows(text.encode(), graph.catalogue, config.type_ranges, ("pos",))
    (problem,) = caught.value.problems
    assert (problem.row, problem.field) == (2, field)
    assert message in f"{problem.message} {problem.fix}"


def test_all_problems_of_all_lines_are_reported_at_once(graph: SignedGraph, config: DatasetConfig) -> None:
    bad = GOOD | {"brnd": [], "brand": ["nobody"], "label": ""}
    text = f"{json.dumps(bad)}\n{json.dumps(GOOD)}\n{{\n"
    with pytest.raises(InvalidInput) as caught:
        read_rows(text.encode(), graph.catalogue, config.type_ranges)
    assert [(p.row, p.field) for p in caught.value.problems] == [(1, "brnd"), (1, "brand"), (1, "label"), (3, "")]


@pytest.mark.parametrize(("data", "message"), [(b"", "no row"), (b'{"a": 1}\n\xff\n', "row 2: The line is not UTF-8")])
def test_no_rows_or_no_text_is_refused(graph: SignedGraph, config: DatasetConfig, data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_rows(data, graph.catalogue, config.type_ranges)

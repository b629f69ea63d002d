"""Rows read back from Parquet are those that were written, and nothing unknown is let through."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.catalogue.model import Catalogue
from core.dataset import files
from core.dataset.files import jsonl_bytes, write_parquet
from core.dataset.generation import GeneratedDataset
from core.dataset.reading import read_rows
from core.dataset.stored_rows import stored_rows
from core.errors import CorruptArtefact
from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig


@pytest.mark.parametrize("row_group", [files.ROW_GROUP, 7])
def test_parquet_gives_the_rows_of_the_jsonl(
    row_group: int,
    graph: SignedGraph,
    config: DatasetConfig,
    dataset: GeneratedDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "ROW_GROUP", row_group)
    write_parquet(dataset.rows, graph.catalogue, tmp_path / "rows.parquet")
    labels = list(config.label_params)
    read = stored_rows((tmp_path / "rows.parquet").read_bytes(), graph.catalogue, config.type_ranges, labels)
    strict = read_rows(jsonl_bytes(dataset.rows, graph.catalogue), graph.catalogue, config.type_ranges, labels)
    for name in ("nodes", "offsets", "label"):
        np.testing.assert_array_equal(getattr(read, name), getattr(strict, name))
        assert getattr(read, name).dtype == getattr(dataset.rows, name).dtype
    assert (read.types, read.labels) == (strict.types, strict.labels)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("bytes", "it is damaged"),
        ("types", "holds other attribute types"),
        ("value", "the brand 'nobody' is unknown"),
        ("label", "the label 'best' is unknown"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(what: str, why: str, graph: SignedGraph, config: DatasetConfig) -> None:
    columns = {name: [[]] for name in config.type_ranges} | {"label": ["pos"]}
    if what == "types":
        columns["more"] = [[]]
    if what == "value":
        columns["brand"] = [["nobody"]]
    if what == "label":
        columns["label"] = ["best"]
    kinds = {name: pa.string() if name == "label" else pa.list_(pa.string()) for name in columns}
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, pa.schema(kinds)), buffer)
    data = b"nothing" if what == "bytes" else buffer.getvalue().to_pybytes()
    with pytest.raises(CorruptArtefact, match=why):
        stored_rows(data, graph.catalogue, config.type_ranges, list(config.label_params))


def test_an_attribute_of_another_type_with_the_same_value_is_not_mistaken(
    graph: SignedGraph, config: DatasetConfig, dataset: GeneratedDataset, tmp_path: Path
) -> None:
    attributes = list(graph.catalogue.attributes)
    moved = Catalogue(tuple(reversed(attributes)))
    write_parquet(dataset.rows, graph.catalogue, tmp_path / "rows.parquet")
    read = stored_rows((tmp_path / "rows.parquet").read_bytes(), moved, config.type_ranges, list(config.label_params))
    for row in range(len(read)):
        assert {moved.attributes[i].id for i in read.of_row(row)} == {
            attributes[i].id for i in dataset.rows.of_row(row)
        }

"""The files of a split: what they hold, read back by readers of our own and others', and what they do not hold."""

import io
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.dataset import split_files
from core.dataset.rows import LabelledRows
from core.dataset.split_files import (
    AttributeColumns,
    attributes_file,
    draw_row_ids,
    labelled_files,
    read_attributes,
    read_row_ids,
    read_split_rows,
    taken,
    unlabelled_files,
)
from core.errors import CorruptArtefact, InvalidInput

CATALOGUE = Catalogue(
    (
        Attribute("b1", 'Acme "Ünlimited"', "brand", "brand"),
        Attribute("b2", "label", "brand", "brand"),
        Attribute("g1", "CANARY, no", "geo", "country"),
        Attribute("g2", "Nāmībia", "geo", "country"),
        Attribute("x1", "unused", "other", "other"),
    )
)
TYPES = ("country", "brand")
LABELS = ("CANARY-POS", "CANARY-NEG")
ROWS = LabelledRows(
    TYPES,
    LABELS,
    np.array([0, 1, 1, 0], dtype=np.int32),
    np.array([2, 0, 3, 1, 2, 3], dtype=np.int32),
    np.array([0, 2, 4, 4, 6], dtype=np.int64),
)
IDS = ("r-b", "r-a", "r-c", "r-d")
COLUMNS = AttributeColumns(
    ids=("b1", "b2", "g1", "g2"),
    values=('Acme "Ünlimited"', "label", "CANARY, no", "Nāmībia"),
    modalities=("brand", "brand", "geo", "geo"),
    attribute_types=("brand", "brand", "country", "country"),
    texts=("a", "b", "c", "d"),
)


def as_dicts(with_label):
    found = []
    for row, row_id in enumerate(IDS):
        own = ROWS.of_row(row).tolist()
        values = {
            t: [CATALOGUE.attributes[i].value for i in own if CATALOGUE.attributes[i].attribute_type == t]
            for t in TYPES
        }
        label = {"label": LABELS[ROWS.label[row]]} if with_label else {}
        found.append({"row_id": row_id, **values, **label})
    return found


@pytest.mark.parametrize("with_label", [True, False])
def test_both_forms_hold_the_rows_and_only_training_rows_their_labels(with_label):
    files = (labelled_files if with_label else unlabelled_files)(ROWS, IDS, CATALOGUE)
    jsonl, parquet = (data for _, data in sorted(files.items()))
    assert [json.loads(line) for line in jsonl.decode().splitlines()] == as_dicts(with_label)
    assert pq.read_table(io.BytesIO(parquet)).to_pylist() == as_dicts(with_label)
    assert jsonl.endswith(b"\n")
    if not with_label:
        assert all(name.encode() not in data for name in LABELS for data in files.values())
        assert b'"label":' not in jsonl


def test_rows_come_back_as_positions_among_the_attributes():
    train, test = labelled_files(ROWS, IDS, CATALOGUE), unlabelled_files(ROWS, IDS, CATALOGUE)
    for data, with_labels in ((train["train.parquet"], True), (test["test.parquet"], False)):
        read = read_split_rows(data, COLUMNS, TYPES, with_labels=with_labels)
        assert read.row_ids == IDS == read_row_ids(data)
        np.testing.assert_array_equal(read.offsets, ROWS.offsets)
        np.testing.assert_array_equal(read.nodes, ROWS.nodes)
        assert read.label == (tuple(LABELS[i] for i in ROWS.label) if with_labels else ())
    assert read_attributes(attributes_file(COLUMNS)) == COLUMNS or vars(
        read_attributes(attributes_file(COLUMNS))
    ) == vars(COLUMNS)


def test_damaged_or_foreign_files_are_refused():
    test = unlabelled_files(ROWS, IDS, CATALOGUE)["test.parquet"]
    with pytest.raises(CorruptArtefact, match="other columns"):
        read_split_rows(test, COLUMNS, TYPES, with_labels=True)
    with pytest.raises(CorruptArtefact, match="damaged"):
        read_split_rows(test[:-20], COLUMNS, TYPES, with_labels=False)
    with pytest.raises(CorruptArtefact, match="'country' is unknown"):
        read_split_rows(test, replace(COLUMNS, values=("a", "b", "c", "d")), TYPES, with_labels=False)


def test_a_type_with_the_ids_key_is_refused():
    with pytest.raises(InvalidInput, match="row_id"):
        labelled_files(replace(ROWS, types=("row_id", "brand")), IDS, CATALOGUE)


def test_ids_are_unlike_the_rows_order_and_cannot_be_made_without_the_secret():
    ids = draw_row_ids(b"secret", "split", 5_000)
    assert len(set(ids.tolist())) == 5_000 and {len(one) for one in ids} == {20}
    rank = np.argsort(np.argsort(ids))
    assert abs(np.corrcoef(rank, np.arange(5_000))[0, 1]) < 0.06  # four standard errors
    assert set(ids.tolist()) == set(draw_row_ids(b"secret", "split", 5_000).tolist())
    for other in (draw_row_ids(b"other", "split", 5_000), draw_row_ids(b"secret", "cold", 5_000)):
        assert set(ids.tolist()).isdisjoint(other.tolist())


def test_rows_are_taken_in_the_order_asked_for():
    numbers = np.array([3, 0, 2], dtype=np.int64)
    some = taken(ROWS, numbers)
    assert [some.of_row(row).tolist() for row in range(3)] == [ROWS.of_row(int(n)).tolist() for n in numbers]
    np.testing.assert_array_equal(some.label, ROWS.label[numbers])


def test_names_are_those_that_the_protocol_states():
    names = ("train.jsonl", "train.parquet", "test.jsonl", "test.parquet", "attributes.parquet", "card.json")
    assert names == (
        split_files.TRAIN_JSONL,
        split_files.TRAIN_PARQUET,
        split_files.TEST_JSONL,
        split_files.TEST_PARQUET,
        split_files.ATTRIBUTES_FILE,
        split_files.CARD_FILE,
    )

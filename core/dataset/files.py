"""The files of a dataset: JSONL and Parquet, the same bytes for the same rows, written block by block.

Rows come label after label in the order of the configuration, each label's rows by index. A row's keys are the
attribute types in the order of `type_ranges`, each a list of values (empty when the row has none), and then `label`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.rows import LabelledRows
from core.sampler.configuration import LABEL_KEY

ROWS_FILE = "dataset.jsonl"
PARQUET_FILE = "dataset.parquet"
EVALUATION_FILE = "evaluation.json"
CONFIG_FILE = "config.json"
ROW_FILES = (ROWS_FILE, PARQUET_FILE)
JSONL_ROWS = 4_096
ROW_GROUP = 65_536


class RowFormat:
    """Turns rows of given types and labels into Arrow tables and JSON lines; made once for any number of blocks."""

    def __init__(self, types: Sequence[str], labels: Sequence[str], catalogue: Catalogue) -> None:
        self._types = tuple(types)
        self._type_of = np.full(len(catalogue), len(self._types), dtype=np.uint16)
        self._place = np.zeros(len(catalogue), dtype=np.int32)  # among the values of its type
        self._values, self._json_values = [], []
        for number, name in enumerate(types):
            positions = np.array(catalogue.positions_by_type.get(name, ()), dtype=np.int64)
            self._type_of[positions] = number
            self._place[positions] = np.arange(len(positions))
            values = [catalogue.attributes[position].value for position in positions.tolist()]
            self._values.append(pa.array(values, pa.string()))
            self._json_values.append(pa.array([_json(value) for value in values], pa.large_string()))
        self._labels = pa.array(list(labels), pa.string())
        ends = [f'],"{LABEL_KEY}":{_json(name)}}}\n' for name in labels]
        self._json_ends = pa.array(ends, pa.large_string())
        text = pa.dictionary(pa.int32(), pa.string())
        fields = [pa.field(name, pa.list_(text), nullable=False) for name in types]
        self.schema = pa.schema([*fields, pa.field(LABEL_KEY, text, nullable=False)])

    def table(self, rows: LabelledRows) -> Any:
        """A list-of-text column per attribute type and a text column `label`, as an Arrow table of dictionaries."""
        lists = [
            pa.ListArray.from_arrays(pa.array(offsets), pa.DictionaryArray.from_arrays(pa.array(places), values))
            for (offsets, places), values in zip(self._by_type(rows), self._values, strict=True)
        ]
        label = pa.DictionaryArray.from_arrays(pa.array(rows.label), self._labels)
        return pa.Table.from_arrays([*lists, label], schema=self.schema)

    def jsonl(self, rows: LabelledRows) -> list[bytes]:
        """UTF-8 JSON, one row per line, in pieces of some thousand rows."""
        return [self._lines(piece) for piece in rows.blocks(JSONL_ROWS)]

    def open_parquet(self, path: Path) -> Any:
        """A writer that takes the tables one by one; the file's columns are plain text."""
        # Without the Arrow schema in it a reader sees text, and not how the text was handed over.
        return pq.ParquetWriter(path, self.schema, compression="zstd", version="2.6", store_schema=False)

    def _lines(self, rows: LabelledRows) -> bytes:
        pieces: list[Any] = []
        opening = "{"
        for name, (offsets, places), values in zip(self._types, self._by_type(rows), self._json_values, strict=True):
            lists = pa.LargeListArray.from_arrays(pa.array(offsets.astype(np.int64)), values.take(pa.array(places)))
            pieces += [_text(f"{opening}{_json(name)}:["), pc.binary_join(lists, _text(","))]
            opening = "],"
        lines = pc.binary_join_element_wise(*pieces, self._json_ends.take(pa.array(rows.label)), _text(""))
        whole = pa.LargeListArray.from_arrays(pa.array([0, len(lines)], pa.int64()), lines)
        return bytes(pc.binary_join(whole, _text(""))[0].as_buffer())

    def _by_type(self, rows: LabelledRows) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        """For each type where each row's attributes begin, int32 [R + 1], and their places among the type's values."""
        width = len(self._types)
        kind = self._type_of[rows.nodes]
        row = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))
        counts = np.bincount(row * width + kind, minlength=len(rows) * width).reshape(-1, width)
        offsets = np.zeros((width, len(rows) + 1), dtype=np.int32)
        np.cumsum(counts.T, axis=1, out=offsets[:, 1:])
        places = self._place[rows.nodes[np.argsort(kind, kind="stable")]]
        bounds = np.concatenate(([0], np.cumsum(offsets[:, -1]))).tolist()
        return [(offsets[t], places[bounds[t] : bounds[t + 1]]) for t in range(width)]


def jsonl_bytes(rows: LabelledRows, catalogue: Catalogue) -> bytes:
    """The whole JSONL file in memory."""
    return b"".join(RowFormat(rows.types, rows.labels, catalogue).jsonl(rows))


def write_jsonl(rows: LabelledRows, catalogue: Catalogue, path: Path) -> None:
    """Write the JSONL file block by block."""
    form = RowFormat(rows.types, rows.labels, catalogue)
    with path.open("wb") as file:
        for block in rows.blocks(ROW_GROUP):
            file.writelines(form.jsonl(block))


def write_parquet(rows: LabelledRows, catalogue: Catalogue, path: Path) -> None:
    """Write the Parquet file block by block; its bytes depend on pyarrow's version."""
    form = RowFormat(rows.types, rows.labels, catalogue)
    with form.open_parquet(path) as writer:
        for block in rows.blocks(ROW_GROUP):
            writer.write_table(form.table(block), row_group_size=ROW_GROUP)


def _text(text: str) -> Any:
    return pa.scalar(text, pa.large_string())  # all large: a block of long rows passes the 2 GB of plain offsets


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

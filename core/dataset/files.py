"""The files of a dataset: JSONL and Parquet, the same bytes for the same rows, written chunk by chunk.

Rows come label after label in the order of the configuration, each label's rows by index. A row's keys are the
attribute types in the order of `type_ranges`, each a list of values (empty when the row has none), and then `label`.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.rows import LabelledRows, type_counts
from core.sampler.configuration import LABEL_KEY

JSONL_ROWS = 4_096
ROW_GROUP = 65_536


def jsonl_chunks(rows: LabelledRows, catalogue: Catalogue) -> Iterator[bytes]:
    """UTF-8 JSON, one row per line, in chunks of some thousand rows."""
    counts = type_counts(rows, catalogue)
    values = [_json(a.value) for a in catalogue.attributes]
    keys = [f"{_json(name)}:[" for name in rows.types]
    ends = [f'"{LABEL_KEY}":{_json(name)}}}\n' for name in rows.labels]
    for start in range(0, len(rows), JSONL_ROWS):
        stop = min(start + JSONL_ROWS, len(rows))
        base = int(rows.offsets[start])
        texts = [values[i] for i in rows.nodes[base : rows.offsets[stop]].tolist()]
        lines = []
        place = 0
        for row_counts, label in zip(counts[start:stop].tolist(), rows.label[start:stop].tolist(), strict=True):
            lines.append("{")
            for key, count in zip(keys, row_counts, strict=True):
                lines.append(f"{key}{','.join(texts[place : place + count])}],")
                place += count
            lines.append(ends[label])
        yield "".join(lines).encode("utf-8")


def jsonl_bytes(rows: LabelledRows, catalogue: Catalogue) -> bytes:
    """The whole JSONL file in memory."""
    return b"".join(jsonl_chunks(rows, catalogue))


def write_jsonl(rows: LabelledRows, catalogue: Catalogue, path: Path) -> None:
    """Write the JSONL file chunk by chunk."""
    with path.open("wb") as file:
        file.writelines(jsonl_chunks(rows, catalogue))


def write_parquet(rows: LabelledRows, catalogue: Catalogue, path: Path) -> None:
    """Write one list-of-text column per attribute type and a text column `label`; bytes depend on pyarrow's version."""
    values = pa.array([a.value for a in catalogue.attributes], type=pa.string())
    labels = pa.array(list(rows.labels), type=pa.string())
    fields = [pa.field(name, pa.list_(pa.string()), nullable=False) for name in rows.types]
    schema = pa.schema([*fields, pa.field(LABEL_KEY, pa.string(), nullable=False)])
    counts = type_counts(rows, catalogue)
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for start in range(0, len(rows), ROW_GROUP):
            stop = min(start + ROW_GROUP, len(rows))
            nodes = rows.nodes[rows.offsets[start] : rows.offsets[stop]]
            columns = [values.take(pa.array(column)) for column in _split_by_type(nodes, counts[start:stop])]
            lists = [
                pa.ListArray.from_arrays(pa.array(_offsets(counts[start:stop, t])), column)
                for t, column in enumerate(columns)
            ]
            label = labels.take(pa.array(rows.label[start:stop]))
            writer.write_table(pa.Table.from_arrays([*lists, label], schema=schema), row_group_size=ROW_GROUP)


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _split_by_type(nodes: NDArray[np.int32], counts: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """The nodes of each type over all rows, in row order; within a row nodes lie type by type."""
    kind = np.repeat(np.tile(np.arange(counts.shape[1]), len(counts)), counts.ravel())
    return [nodes[kind == t] for t in range(counts.shape[1])]


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int32)

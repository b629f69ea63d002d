"""The files of a split that anybody may read: training rows with labels, test rows without, attributes in words.

Rows come in the order of their ids, which are drawn by chance. A row's keys are `row_id`, the attribute types with a
list of values each, and in the training files `label`.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.files import ROW_GROUP, RowFormat
from core.dataset.rows import LabelledRows
from core.errors import CorruptArtefact, InvalidInput, Problem
from core.sampler.configuration import LABEL_KEY

TRAIN_JSONL: Final = "train.jsonl"
TRAIN_PARQUET: Final = "train.parquet"
TEST_JSONL: Final = "test.jsonl"
TEST_PARQUET: Final = "test.parquet"
ATTRIBUTES_FILE: Final = "attributes.parquet"
VECTORS_FILE: Final = "vectors.parquet"
CARD_FILE: Final = "card.json"
ROW_ID: Final = "row_id"

_ID_BYTES: Final = 10  # 80 bits: ids meet by chance once in 10^14 splits of 120,000 rows
_NO_LABEL: Final = ("",)
_READ: Final = {"use_threads": False, "pre_buffer": False}
_ATTRIBUTES: Final = pa.schema(
    [pa.field(name, pa.string(), nullable=False) for name in ("id", "value", "modality", "attribute_type", "text")]
)


@dataclass(frozen=True, eq=False)
class AttributeColumns:
    """A attributes of the types that rows are made of, in catalogue order; `text` is what is known of each in words."""

    ids: tuple[str, ...]
    values: tuple[str, ...]
    modalities: tuple[str, ...]
    attribute_types: tuple[str, ...]
    texts: tuple[str, ...]


class ReadRows(NamedTuple):
    """Rows of a split: `nodes` int32, positions in its attributes, by `offsets` int64 [R + 1]; labels by name."""

    row_ids: tuple[str, ...]
    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    label: tuple[str, ...]


def draw_row_ids(secret: bytes, split_id: str, n_rows: int) -> NDArray[np.str_]:
    """An id of 20 hex digits for each row of a dataset, which nobody can relate to its number without the secret."""
    keyed = hashlib.blake2b(split_id.encode(), digest_size=_ID_BYTES, key=secret)
    made = []
    for row in range(n_rows):
        one = keyed.copy()
        one.update(b"\x1f%d" % row)
        made.append(one.hexdigest())
    return np.array(made, dtype=np.str_)


def taken(rows: LabelledRows, numbers: NDArray[np.int64]) -> LabelledRows:
    """The rows of these numbers, in their order."""
    sizes = np.diff(rows.offsets)[numbers]
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    places = np.repeat(rows.offsets[numbers] - offsets[:-1], sizes) + np.arange(offsets[-1])
    return replace(rows, label=rows.label[numbers], nodes=rows.nodes[places], offsets=offsets)


def labelled_files(rows: LabelledRows, row_ids: Sequence[str], catalogue: Catalogue) -> dict[str, bytes]:
    """Both training files, with labels, of rows in the order given."""
    _refuse_reserved(rows.types)
    form = RowFormat(rows.types, rows.labels, catalogue)
    lines = [
        b'{"%s":"%s",%s' % (ROW_ID.encode(), row_id.encode(), line[1:]) for row_id, line in _lines(form, rows, row_ids)
    ]
    return {TRAIN_JSONL: _joined(lines), TRAIN_PARQUET: _parquet(_with_ids(form.table(rows), row_ids))}


def unlabelled_files(rows: LabelledRows, row_ids: Sequence[str], catalogue: Catalogue) -> dict[str, bytes]:
    """Both test files of rows in the order given; their labels are taken away before anything is written."""
    _refuse_reserved(rows.types)
    bare = replace(rows, labels=_NO_LABEL, label=np.zeros_like(rows.label))
    form = RowFormat(bare.types, bare.labels, catalogue)
    end = b',"%s":""}' % LABEL_KEY.encode()
    lines = [
        b'{"%s":"%s",%s}' % (ROW_ID.encode(), row_id.encode(), line[1 : -len(end)])
        for row_id, line in _lines(form, bare, row_ids)
    ]
    return {
        TEST_JSONL: _joined(lines),
        TEST_PARQUET: _parquet(_with_ids(form.table(bare).drop_columns([LABEL_KEY]), row_ids)),
    }


def attributes_file(attributes: AttributeColumns) -> bytes:
    """The attributes as a Parquet file: `id`, `value`, `modality`, `attribute_type`, `text`."""
    columns = (attributes.ids, attributes.values, attributes.modalities, attributes.attribute_types, attributes.texts)
    return _parquet(pa.Table.from_arrays([pa.array(column, pa.string()) for column in columns], schema=_ATTRIBUTES))


def read_attributes(data: bytes) -> AttributeColumns:
    """What `attributes_file` wrote; `CorruptArtefact` for anything else."""
    table = _table(data, _ATTRIBUTES.names)
    return AttributeColumns(*(tuple(table.column(name).to_pylist()) for name in _ATTRIBUTES.names))


def read_split_rows(data: bytes, attributes: AttributeColumns, types: Sequence[str], *, with_labels: bool) -> ReadRows:
    """Rows of a training or a test file; `CorruptArtefact` for one of other columns or with unknown values."""
    columns = [ROW_ID, *types, *([LABEL_KEY] if with_labels else [])]
    table = _table(data, columns)
    parts = [_members(table.column(name), name, attributes) for name in types]
    counts = np.stack([sizes for sizes, _ in parts], axis=1)
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1].reshape(counts.shape)
    nodes = np.zeros(int(counts.sum()), dtype=np.int32)
    for column, (sizes, found) in enumerate(parts):
        before = np.cumsum(sizes) - sizes
        nodes[np.repeat(starts[:, column] - before, sizes) + np.arange(len(found))] = found
    return ReadRows(
        row_ids=tuple(table.column(ROW_ID).to_pylist()),
        nodes=nodes,
        offsets=np.concatenate(([0], np.cumsum(counts.sum(axis=1)))).astype(np.int64),
        label=tuple(table.column(LABEL_KEY).to_pylist()) if with_labels else (),
    )


def read_row_ids(data: bytes) -> tuple[str, ...]:
    """The ids alone of a Parquet file of rows, in its order."""
    try:
        return tuple(pq.read_table(io.BytesIO(data), columns=[ROW_ID], **_READ).column(ROW_ID).to_pylist())
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _unreadable("it is damaged") from error


def _lines(form: RowFormat, rows: LabelledRows, row_ids: Sequence[str]) -> list[tuple[str, bytes]]:
    data = b"".join(form.jsonl(rows))
    return list(zip(row_ids, data.split(b"\n")[:-1], strict=True))


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"\n".join([*lines, b""])


def _with_ids(table: Any, row_ids: Sequence[str]) -> Any:
    return table.add_column(0, pa.field(ROW_ID, pa.string(), nullable=False), pa.array(list(row_ids), pa.string()))


def _parquet(table: Any) -> bytes:
    held = io.BytesIO()
    # Without the Arrow schema in it a reader sees text, and not how the text was handed over.
    pq.write_table(table, held, compression="zstd", version="2.6", store_schema=False, row_group_size=ROW_GROUP)
    return held.getvalue()


def _table(data: bytes, columns: Sequence[str]) -> Any:
    try:
        table = pq.read_table(io.BytesIO(data), **_READ)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable("it is damaged") from error
    if table.column_names != list(columns):
        raise _unreadable("it holds other columns")
    return table


def _members(column: Any, name: str, attributes: AttributeColumns) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """How many values of one type each row has, and the positions of them all, row after row."""
    lists = column.combine_chunks()
    own = [place for place, kind in enumerate(attributes.attribute_types) if kind == name]
    places = pc.index_in(pc.list_flatten(lists), pa.array([attributes.values[place] for place in own], pa.string()))
    if places.null_count or lists.null_count:
        raise _unreadable(f"a value of the type {name!r} is unknown")
    found = np.array(own, dtype=np.int32)[places.to_numpy(zero_copy_only=False).astype(np.int64)]
    return pc.list_value_length(lists).to_numpy().astype(np.int64), found


def _refuse_reserved(types: Sequence[str]) -> None:
    if ROW_ID in types:
        message = f"An attribute type is called {ROW_ID!r}, the key under which every row keeps its id."
        raise InvalidInput("The dataset cannot be split", [Problem(message, "Rename it in the catalogue.")])


def _unreadable(why: str) -> CorruptArtefact:
    return CorruptArtefact(f"The rows of this split cannot be read: {why}.", "Copy its files back from a backup.")

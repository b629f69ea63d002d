"""The rows of a stored dataset from its Parquet file: the same rows as in the JSONL, ten times sooner."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.rows import LabelledRows
from core.errors import CorruptArtefact
from core.sampler.configuration import LABEL_KEY

_READ = {"use_threads": False, "pre_buffer": False}  # as for verdicts: arrow's pools aborted a process at its exit


def stored_rows(
    data: bytes, catalogue: Catalogue, type_ranges: Mapping[str, tuple[int, int]], labels: Sequence[str]
) -> LabelledRows:
    """Read what `write_parquet` wrote of a catalogue's rows; `labels` are those of the configuration, in its order.

    `CorruptArtefact` for a file of other types, or with a value or label that is unknown; nothing is left out.
    """
    try:
        dictionaries = [*(f"{name}.list.element" for name in type_ranges), LABEL_KEY]
        table = pq.read_table(io.BytesIO(data), read_dictionary=dictionaries, **_READ)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable("it is damaged") from error
    if table.column_names != [*type_ranges, LABEL_KEY]:
        raise _unreadable("it holds other attribute types")
    parts = [_members(table.column(name), name, catalogue) for name in type_ranges]
    counts = np.stack([sizes for sizes, _ in parts], axis=1)
    # Type after type within a row: where each row's values of each type begin among all values.
    starts = np.concatenate(([0], np.cumsum(counts)))[:-1].reshape(counts.shape)
    nodes = np.zeros(int(counts.sum()), dtype=np.int32)
    for t, (sizes, found) in enumerate(parts):
        before = np.cumsum(sizes) - sizes
        nodes[np.repeat(starts[:, t] - before, sizes) + np.arange(len(found))] = found
    return LabelledRows(
        types=tuple(type_ranges),
        labels=tuple(labels),
        label=_numbers(table.column(LABEL_KEY).combine_chunks(), list(labels), "label").astype(np.int32),
        nodes=nodes,
        offsets=np.concatenate(([0], np.cumsum(counts.sum(axis=1)))).astype(np.int64),
    )


def _members(column: Any, name: str, catalogue: Catalogue) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """How many values of one attribute type each row has, and the catalogue positions of them all, row after row."""
    lists = column.combine_chunks()
    if lists.null_count:
        raise _unreadable(f"a row has no list of the type {name!r}")
    positions = np.array(catalogue.positions_by_type.get(name, ()), dtype=np.int32)
    values = [catalogue.attributes[position].value for position in positions.tolist()]
    found = _numbers(pc.list_flatten(lists), values, name)
    return pc.list_value_length(lists).to_numpy().astype(np.int64), positions[found]


def _numbers(texts: Any, known: Sequence[str], what: str) -> NDArray[np.int64]:
    """The place of each text among the known ones; `texts` is a dictionary array, or plain."""
    coded = isinstance(texts, pa.DictionaryArray) and not texts.null_count
    given = texts.dictionary if coded else texts
    places = pc.index_in(given, pa.array(known, pa.string()))
    if places.null_count:
        unknown = given.filter(pc.is_null(places))[0].as_py()
        raise _unreadable(f"the {what} {unknown!r} is unknown")
    numbers: NDArray[np.int64] = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers[texts.indices.to_numpy()] if coded else numbers


def _unreadable(why: str) -> CorruptArtefact:
    return CorruptArtefact(f"The rows of this dataset cannot be read: {why}.", "Draw the rows again.")

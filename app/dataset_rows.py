"""The rows of a stored dataset, read from its Parquet file: what a search finds, one page of it, how labels mix."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import CorruptArtefact
from core.graph.pair_table import folded_text
from core.sampler.configuration import LABEL_KEY


class RowSearch(NamedTuple):
    """Which rows to show; no labels mean all.

    `text` holds parts with commas between them: a row is found when each part occurs in one of its values, case and
    accents aside.
    """

    labels: tuple[str, ...] = ()
    text: str = ""


class LabelMix(NamedTuple):
    """Rows by attribute value and label: `counts` int64 [V, L] for `values` and `labels`, in those orders."""

    values: tuple[str, ...]
    labels: tuple[str, ...]
    counts: NDArray[np.int64]


def find_rows(path: Path, search: RowSearch) -> NDArray[np.int32]:
    """Numbers, from 0 and ascending, of the rows that a search finds; `CorruptArtefact` for an unreadable file."""
    parts = [part for part in (folded_text(part).strip() for part in search.text.split(",")) if part]
    found = [np.zeros(0, dtype=np.int32)]
    with _opened(path) as file:
        start = 0
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, columns=None if parts else [LABEL_KEY])
            found.append((start + np.flatnonzero(_matches(rows, search.labels, parts))).astype(np.int32))
            start += len(rows)
    return np.concatenate(found)


def read_rows_at(path: Path, rows: NDArray[np.int32]) -> pd.DataFrame:
    """The rows of the given ascending numbers: one column of lists per attribute type, then `label`.

    Only the row groups that hold them are read.
    """
    with _opened(path) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        starts = np.cumsum([0, *sizes])
        parts = [
            file.read_row_group(int(group)).take(pa.array(rows[_group_of(rows, starts) == group] - starts[group]))
            for group in np.unique(_group_of(rows, starts))
        ]
        table = pa.concat_tables(parts) if parts else file.schema_arrow.empty_table()
    return pd.DataFrame({name: table.column(name).to_pylist() for name in table.column_names})


def label_mix(path: Path, attribute_type: str, values: Sequence[str], labels: Sequence[str]) -> LabelMix:
    """Count the rows that hold each value of an attribute type, by label; values that no row holds count 0."""
    counts = np.zeros((len(values), len(labels)), dtype=np.int64)
    with _opened(path) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group, columns=[attribute_type, LABEL_KEY])
            held = rows.column(attribute_type).combine_chunks()
            row = pc.list_parent_indices(held).to_numpy()
            value = pc.index_in(held.flatten(), pa.array(values, pa.string())).to_numpy()
            label = pc.index_in(rows.column(LABEL_KEY), pa.array(labels, pa.string())).to_numpy()[row]
            counts += np.bincount(value * len(labels) + label, minlength=counts.size).reshape(counts.shape)
    return LabelMix(tuple(values), tuple(labels), counts)


def _matches(rows: pa.Table, labels: Sequence[str], parts: Sequence[str]) -> NDArray[np.bool_]:
    keep = np.ones(len(rows), dtype=np.bool_)
    if labels:
        keep &= pc.is_in(rows.column(LABEL_KEY), pa.array(labels, pa.string())).to_numpy()
    if parts:
        columns = [_Values(rows.column(name)) for name in rows.column_names if name != LABEL_KEY]
        for part in parts:
            keep &= np.logical_or.reduce([column.holds(part) for column in columns])
    return keep


class _Values:
    """The values of one type over many rows, each distinct text folded once."""

    def __init__(self, column: Any) -> None:
        lists = column.combine_chunks()
        coded = lists.flatten().dictionary_encode()
        self._n_rows = len(lists)
        self._row = pc.list_parent_indices(lists).to_numpy()
        self._code = coded.indices.to_numpy()
        self._folded = [folded_text(value) for value in coded.dictionary.to_pylist()]

    def holds(self, part: str) -> NDArray[np.bool_]:
        """Which rows have a value that contains the folded text, bool [R]."""
        hits = np.array([part in value for value in self._folded], dtype=np.bool_)
        found = np.zeros(self._n_rows, dtype=np.bool_)
        found[self._row[hits[self._code]]] = True
        return found


def _group_of(rows: NDArray[np.int32], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(starts, rows, side="right") - 1


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise CorruptArtefact(
            f"The rows in {path.name} cannot be read.",
            "Copy the file back from a backup, or delete the dataset and make it again.",
        ) from error

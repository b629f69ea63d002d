"""The file that says which rows were spoilt and how, so that every change can be traced and taken back."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.catalogue.model import Catalogue
from core.dataset.noise import KINDS, NoiseCounts, NoiseEvents, NoiseKind

NOISE_FILE: Final = "noise.parquet"
_SCHEMA: Final = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("attribute_type", pa.string()),
        pa.field("before", pa.string(), nullable=False),
        pa.field("after", pa.string()),
    ]
)


class NoiseFile:
    """Writes changes block by block and counts them.

    `row` counts the dataset's rows from 0; `before` and `after` are labels or values. A changed label has no attribute
    type, a missing attribute nothing after.
    """

    def __init__(self, path: Path, catalogue: Catalogue, labels: Sequence[str]) -> None:
        self.counts = NoiseCounts()
        self._file = pq.ParquetWriter(path, _SCHEMA, compression="zstd", version="2.6", store_schema=False)
        self._labels = np.array([*labels, None], dtype=object)
        self._values = np.array([*(a.value for a in catalogue.attributes), None], dtype=object)
        self._types = np.array([*(a.attribute_type for a in catalogue.attributes), None], dtype=object)

    def write(self, events: NoiseEvents, first_row: int) -> None:
        """Add the changes of the next rows, the first of which is the dataset's row `first_row`."""
        self.counts = self.counts.plus(events)
        if len(events):
            self._file.write_table(self._table(events, first_row))

    def _table(self, events: NoiseEvents, first_row: int) -> Any:
        is_label = events.kind == KINDS.index(NoiseKind.LABEL)
        columns: list[Any] = [pa.array(events.row + first_row), pa.array(np.array(KINDS, dtype=object)[events.kind])]
        columns.append(pa.array(self._types[np.where(is_label, -1, events.before)], pa.string()))
        for numbers in (events.before, events.after):
            names = self._values[np.where(is_label, -1, numbers)]
            names[is_label] = self._labels[numbers[is_label]]
            columns.append(pa.array(names, pa.string()))
        return pa.Table.from_arrays(columns, schema=_SCHEMA)

    def __enter__(self) -> "NoiseFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

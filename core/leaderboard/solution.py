"""The labels of a split's test rows: what the server scores against, and what never leaves it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import CorruptArtefact

_SCHEMA: Final = pa.schema(
    [
        pa.field("row_id", pa.string(), nullable=False),
        pa.field("label", pa.string(), nullable=False),
        pa.field("is_private", pa.bool_(), nullable=False),
    ]
)
_LABELS: Final = b"labels"


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """R test rows in the order of the test file: `label` int8 [R], places in `labels`, and `is_private` bool [R].

    It prints as its size alone, so that no log line and no error text can hold what it knows.
    """

    row_ids: tuple[str, ...]
    labels: tuple[str, ...]
    label: NDArray[np.int8]
    is_private: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row_ids)

    def __repr__(self) -> str:
        return f"<solution of {len(self)} rows>"


def solution_bytes(solution: Solution) -> bytes:
    """The solution as a Parquet file, for the hidden place."""
    names = np.array(solution.labels, dtype=object)
    columns = [pa.array(solution.row_ids), pa.array(names[solution.label]), pa.array(solution.is_private)]
    schema = _SCHEMA.with_metadata({_LABELS: "\x1f".join(solution.labels).encode()})
    held = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), held, compression="zstd")
    return held.getvalue()


def read_solution(data: bytes) -> Solution:
    """What `solution_bytes` wrote; `CorruptArtefact` for anything else, without a word of what it holds."""
    try:
        table = pq.read_table(io.BytesIO(data), use_threads=False)
        labels = tuple(table.schema.metadata[_LABELS].decode().split("\x1f"))
        place = {name: number for number, name in enumerate(labels)}
        return Solution(
            row_ids=tuple(table.column("row_id").to_pylist()),
            labels=labels,
            label=_places(table.column("label").to_pylist(), place),
            is_private=table.column("is_private").to_numpy().astype(np.bool_),
        )
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
        # The cause is left out on purpose: its text may quote what the file holds.
        raise CorruptArtefact("The solution of this split cannot be read.", "Copy it back from a backup.") from None


def _places(names: Sequence[Any], place: dict[Any, int]) -> NDArray[np.int8]:
    return np.array([place[name] for name in names], dtype=np.int8)

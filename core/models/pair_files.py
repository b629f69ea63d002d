"""The estimated table of edges as a file: what a pair kernel model learnt of single pairs, kept with its run."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.errors import CorruptArtefact
from core.models.pair_kernel.edge_table import PairEstimates
from core.models.tables import AttributeTable

PAIRS_FILE: Final = "pairs.parquet"

_COLUMNS: Final = ("source", "target", "mean", "deviation")
_LABELS: Final = (b"spoken_for", b"spoken_against")


@runtime_checkable
class TellsPairs(Protocol):
    """A fitted model that can say for and against which pairs the labels speak."""

    def estimated_pairs(self) -> PairEstimates:
        """The pairs that the labels speak for or against, the surest first."""
        ...


@dataclass(frozen=True, eq=False)
class StoredPairs:
    """`PairEstimates` with attribute ids instead of positions: `source` and `target` of N pairs, the surest first."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    spoken_for: str
    spoken_against: str


def write_pairs(path: Path, estimates: PairEstimates, attributes: AttributeTable) -> None:
    """Keep the estimates as Parquet: `source` and `target` (ids), `mean`, `deviation`; the labels in its metadata."""
    ids = pa.array(attributes.ids, pa.string())
    columns = [
        ids.take(pa.array(estimates.source)),
        ids.take(pa.array(estimates.target)),
        pa.array(estimates.mean.astype(np.float32)),
        pa.array(estimates.deviation.astype(np.float32)),
    ]
    said = dict(zip(_LABELS, (estimates.spoken_for.encode(), estimates.spoken_against.encode()), strict=True))
    table = pa.table(columns, names=list(_COLUMNS)).replace_schema_metadata(said)
    pq.write_table(table, path, compression="zstd")


def read_pairs(data: bytes) -> StoredPairs:
    """What `write_pairs` wrote; `CorruptArtefact` for anything else."""
    try:
        table = pq.read_table(io.BytesIO(data), use_threads=False, pre_buffer=False)
        said = [(table.schema.metadata or {})[key].decode() for key in _LABELS]
        source, target, mean, deviation = (table.column(name) for name in _COLUMNS)
    except (pa.ArrowException, OSError, KeyError, UnicodeDecodeError) as error:
        raise CorruptArtefact("The estimated pairs of this run cannot be read.", "Train it again.") from error
    ids = tuple(source.to_pylist()), tuple(target.to_pylist())
    return StoredPairs(*ids, _float32(mean), _float32(deviation), *said)


def _float32(column: Any) -> NDArray[np.float32]:
    return np.asarray(column.to_numpy(), dtype=np.float32)

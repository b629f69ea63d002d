"""Predictions as Parquet: as the server keeps them, and as a client sends them."""

import io
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import CorruptArtefact
from core.leaderboard.predictions import Predictions

ROW_ID: Final = "row_id"
LABEL: Final = "label"
PROBABILITY_PREFIX: Final = "p_"  # p_<label>


def submission_bytes(row_ids: Sequence[str], labels: Sequence[str], predictions: Predictions) -> bytes:
    """A submission as a client sends it: `row_id`, `label` and, where there are probabilities, one `p_<label>` each."""
    names = pa.array(list(labels), pa.string())
    columns = {
        ROW_ID: pa.array(row_ids, pa.string()),
        LABEL: pa.DictionaryArray.from_arrays(predictions.label, names).cast(pa.string()),
    }
    if predictions.probabilities is not None:
        for place, name in enumerate(labels):
            columns[f"{PROBABILITY_PREFIX}{name}"] = pa.array(np.ascontiguousarray(predictions.probabilities[:, place]))
    return _parquet(pa.table(columns))


def stored_bytes(predictions: Predictions) -> bytes:
    """Predictions in the order of the test form, exactly: `label` as a place, and one column `p<place>` per label."""
    columns = {LABEL: pa.array(predictions.label)}
    if predictions.probabilities is not None:
        for place, column in enumerate(predictions.probabilities.T):
            columns[f"p{place}"] = pa.array(np.ascontiguousarray(column))
    return _parquet(pa.table(columns))


def read_stored(data: bytes) -> Predictions:
    """What `stored_bytes` wrote; `CorruptArtefact` for anything else."""
    try:
        table = pq.read_table(io.BytesIO(data), use_threads=False)
        label = table.column(LABEL).to_numpy().astype(np.int8)
        columns = [table.column(f"p{place}").to_numpy() for place in range(table.num_columns - 1)]
    except (pa.ArrowException, OSError, KeyError) as error:
        raise CorruptArtefact(
            f"Stored predictions cannot be read: {error}.", "Copy them back from a backup."
        ) from error
    return Predictions(label, np.stack(columns, axis=1).astype(np.float64) if columns else None)


def _parquet(table: pa.Table) -> bytes:
    held = io.BytesIO()
    pq.write_table(table, held, compression="none", use_dictionary=False, write_statistics=False)
    return held.getvalue()

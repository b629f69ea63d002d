"""Verdicts as a Parquet file: one row per pair asked, endpoints by attribute id, the judge in the file's metadata."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact
from core.graph.model import Basis, Outcome, VerdictTable

_OUTCOME_NAMES = {outcome: outcome.name.lower() for outcome in Outcome}
_OUTCOMES = {name: outcome for outcome, name in _OUTCOME_NAMES.items()}
_BASIS_NAMES = {basis: basis.name.lower() for basis in Basis}
_BASES = {name: basis for basis, name in _BASIS_NAMES.items()}
_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "target": pa.string(),
        "outcome": pa.string(),
        "strength": pa.float32(),
        "call": pa.int32(),
        "reason": pa.string(),
        "basis": pa.string(),
        "probability": pa.float32(),
        "stability": pa.float32(),
        "evidence": pa.list_(pa.string()),
        "reply": pa.string(),
    }
)
_FIRST_COLUMNS = 6  # what files held before basis, probability, stability, evidence and reply were recorded


def write_verdicts(verdicts: VerdictTable, catalogue: Catalogue, edges_digest: str) -> bytes:
    """Render verdicts; `edges_digest` (SHA-256 of the edges CSV beside it) ties the two files together."""
    ids = [attribute.id for attribute in catalogue.attributes]
    table = pa.table(
        {
            "source": [ids[i] for i in verdicts.source],
            "target": [ids[i] for i in verdicts.target],
            "outcome": [_OUTCOME_NAMES[Outcome(o)] for o in verdicts.outcome],
            "strength": verdicts.strength,
            "call": verdicts.call,
            "reason": list(verdicts.reason),
            "basis": [_BASIS_NAMES[Basis(b)] for b in verdicts.basis],
            "probability": pa.array(verdicts.probability, from_pandas=True),
            "stability": pa.array(verdicts.stability, from_pandas=True),
            "evidence": [list(facts) for facts in verdicts.evidence],
            "reply": list(verdicts.reply),
        },
        _SCHEMA,
    ).replace_schema_metadata({"judge": verdicts.judge, "edges_sha256": edges_digest, "catalogue": catalogue.id})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def read_verdicts(data: bytes, catalogue: Catalogue, edges_digest: str) -> VerdictTable:
    """Read what `write_verdicts` wrote; `CorruptArtefact` when it is damaged or of another edges file or catalogue."""
    try:
        # Without threads: arrow's pools, still winding down, aborted a short-lived process at its exit.
        table = pq.read_table(io.BytesIO(data), use_threads=False, pre_buffer=False, page_checksum_verification=True)
        metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged() from error
    if metadata.get("edges_sha256") != edges_digest or metadata.get("catalogue") != catalogue.id:
        raise CorruptArtefact(
            "The verdict file belongs to another edges file or catalogue than the one given.",
            "Build the graph again, or move the verdict file away to use the edges alone.",
        )
    if table.schema.equals(_first_schema(), check_metadata=False):
        table = _with_later_columns(table)
    if not table.schema.equals(_SCHEMA, check_metadata=False):
        raise _damaged()
    position_of = catalogue.position_of
    try:
        return VerdictTable(
            source=np.array([position_of[i] for i in table["source"].to_pylist()], dtype=np.int32),
            target=np.array([position_of[i] for i in table["target"].to_pylist()], dtype=np.int32),
            outcome=np.array([_OUTCOMES[name] for name in table["outcome"].to_pylist()], dtype=np.int8),
            strength=table["strength"].to_numpy().astype(np.float32),
            call=table["call"].to_numpy().astype(np.int32),
            reason=tuple(table["reason"].to_pylist()),
            judge=metadata.get("judge", ""),
            basis=np.array([_BASES[name] for name in table["basis"].to_pylist()], dtype=np.int8),
            probability=_floats(table["probability"]),
            stability=_floats(table["stability"]),
            evidence=tuple(tuple(facts) for facts in table["evidence"].to_pylist()),
            reply=tuple(table["reply"].to_pylist()),
        )
    except (LookupError, ValueError, pa.ArrowException) as error:  # a name in a cell is none that was written
        raise _damaged() from error


def _floats(column: pa.ChunkedArray) -> NDArray[np.float32]:
    return np.asarray(column.combine_chunks().to_numpy(zero_copy_only=False), dtype=np.float32)


def _first_schema() -> pa.Schema:
    return pa.schema([_SCHEMA.field(number) for number in range(_FIRST_COLUMNS)])


def _with_later_columns(table: pa.Table) -> pa.Table:
    """Every pair of such a file was asked once, by a judge that named no facts and logged no answers."""
    n_rows = len(table)
    later = {
        "basis": pa.array([_BASIS_NAMES[Basis.ASKED]] * n_rows, pa.string()),
        "probability": pa.nulls(n_rows, pa.float32()),
        "stability": pa.nulls(n_rows, pa.float32()),
        "evidence": pa.array([[]] * n_rows, pa.list_(pa.string())),
        "reply": pa.array([""] * n_rows, pa.string()),
    }
    for name, column in later.items():
        table = table.append_column(_SCHEMA.field(name), column)
    return table


def _damaged() -> CorruptArtefact:
    return CorruptArtefact("The verdict file is damaged and cannot be read.", "Build the graph again.")

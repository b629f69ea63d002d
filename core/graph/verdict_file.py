"""Verdicts as a Parquet file: one row per pair asked, endpoints by attribute id, the judge in the file's metadata."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact
from core.graph.model import Outcome, VerdictTable

_OUTCOME_NAMES = {outcome: outcome.name.lower() for outcome in Outcome}
_OUTCOMES = {name: outcome for outcome, name in _OUTCOME_NAMES.items()}
_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "target": pa.string(),
        "outcome": pa.string(),
        "strength": pa.float32(),
        "call": pa.int32(),
        "reason": pa.string(),
    }
)


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
        )
    except (LookupError, ValueError, pa.ArrowException) as error:  # a name in a cell is none that was written
        raise _damaged() from error


def _damaged() -> CorruptArtefact:
    return CorruptArtefact("The verdict file is damaged and cannot be read.", "Build the graph again.")

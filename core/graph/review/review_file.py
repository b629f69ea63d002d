"""The reviews that counted when a reviewed graph was made, as a Parquet file beside its edges."""

import io
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.catalogue.model import Catalogue
from core.errors import CorruptArtefact
from core.store.review_log import Decision, Review, ReviewKind

_WITHDRAWAL = ("withdrawn_by", "withdrawn_at")  # what counts was not withdrawn
_TYPES = {"number": pa.int64(), "is_blind": pa.bool_()}
_NAMES = tuple(field.name for field in fields(Review) if field.name not in _WITHDRAWAL)
_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in _NAMES])


def write_reviews(reviews: Sequence[Review], catalogue: Catalogue, edges_digest: str) -> bytes:
    """Render standing reviews; `edges_digest` (SHA-256 of the edges CSV beside it) ties the two files together."""
    columns: dict[str, list[Any]] = {name: [getattr(review, name) for review in reviews] for name in _NAMES}
    columns |= {name: [str(value) for value in columns[name]] for name in ("decision", "kind")}
    table = pa.table(columns, _SCHEMA).replace_schema_metadata(
        {"edges_sha256": edges_digest, "catalogue": catalogue.id}
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def read_reviews(data: bytes, catalogue: Catalogue, edges_digest: str) -> tuple[Review, ...]:
    """Read what `write_reviews` wrote; `CorruptArtefact` when it is damaged or of another edges file or catalogue."""
    try:
        # Without threads, as for verdicts: arrow's pools can abort a short-lived process at its exit.
        table = pq.read_table(io.BytesIO(data), use_threads=False, pre_buffer=False, page_checksum_verification=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged() from error
    metadata = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    if metadata.get("edges_sha256") != edges_digest or metadata.get("catalogue") != catalogue.id:
        raise CorruptArtefact(
            "The file of reviews belongs to another edges file or catalogue than the one given.",
            "Make the reviewed graph again.",
        )
    if not table.schema.equals(_SCHEMA, check_metadata=False):
        raise _damaged()
    try:
        return tuple(_review(row) for row in table.to_pylist())
    except ValueError as error:  # a name in a cell is none that was written
        raise _damaged() from error


def _review(row: dict[str, Any]) -> Review:
    return Review(**{**row, "decision": Decision(row["decision"]), "kind": ReviewKind(row["kind"])})


def _damaged() -> CorruptArtefact:
    return CorruptArtefact("The file of reviews is damaged and cannot be read.", "Make the reviewed graph again.")

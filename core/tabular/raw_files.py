"""A table of text cells as Parquet and back: what the workspace keeps and what a child process is given."""

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import CorruptArtefact
from core.tabular.table import RawTable


def write_raw(path: Path, table: RawTable) -> None:
    """Write every column as text, missing cells as null; the same table gives the same bytes."""
    cells = {name: pc.cast(table.cells[name], pa.large_string()) for name in table.columns}
    pq.write_table(pa.table(cells), path, compression="zstd")


def read_raw(source: bytes | Path) -> RawTable:
    """What `write_raw` wrote; `CorruptArtefact` where it is no such file."""
    try:
        read = pq.read_table(BytesIO(source) if isinstance(source, bytes) else source)
    except pa.ArrowInvalid as error:
        raise CorruptArtefact(f"A stored table cannot be read: {error}.", "Upload the table again.") from error
    cells = {name: column.combine_chunks() for name, column in zip(read.column_names, read.columns, strict=True)}
    return RawTable(tuple(read.column_names), cells)

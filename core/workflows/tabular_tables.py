"""Uploaded tables in a workspace: kept as they were read, every cell as text, under an id of their content."""

from typing import Final

from core.fingerprint import content_id
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.tabular.demo import demo_table
from core.tabular.detection import Detection, detect
from core.tabular.raw_files import read_raw, write_raw
from core.tabular.reading import read_table
from core.tabular.table import RawTable

TABLE: Final = "tabular_table"
TABLE_FILE: Final = "table.parquet"
DEMO_TITLE: Final = "Demo: ad clicks"


def keep_table(workspace: Workspace, data: bytes, name: str, title: str = "") -> Artefact:
    """Read a CSV, Parquet or XLSX file, told by its name's ending, and store it; the same cells are the same table.

    `InvalidInput` lists everything that is wrong with the file. `title`: the file's name where none is given.
    """
    return keep_raw_table(workspace, read_table(data, name), title or name)


def keep_demo_table(workspace: Workspace) -> Artefact:
    """Make and store the made-up table of 20,000 ad clicks; asked for again, the stored one."""
    return keep_raw_table(workspace, demo_table(), DEMO_TITLE)


def keep_raw_table(workspace: Workspace, table: RawTable, title: str) -> Artefact:
    """Store a table that was read; the first title stays."""
    table_id = content_id(TABLE, table.fingerprint())
    facts = {"n_rows": len(table), "n_columns": len(table.columns), "columns": list(table.columns)}
    return workspace.artefacts.save(TABLE, table_id, title, {TABLE_FILE: lambda path: write_raw(path, table)}, facts)


def tables(workspace: Workspace) -> tuple[Artefact, ...]:
    """Stored tables, newest first; facts `n_rows`, `n_columns` and `columns`."""
    return workspace.artefacts.list(TABLE)


def table_of(workspace: Workspace, table_id: str) -> RawTable:
    """A stored table; `NotFound` when there is none, `CorruptArtefact` when its bytes were changed."""
    artefact = workspace.artefacts.get(TABLE, table_id)
    return read_raw(workspace.artefacts.read(artefact, TABLE_FILE))


def detection_of(workspace: Workspace, table_id: str) -> Detection:
    """What the table's columns and rules look like; the same for the same table, and read anew each time."""
    return detect(table_of(workspace, table_id))

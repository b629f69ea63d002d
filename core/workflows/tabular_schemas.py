"""Confirmed schemas in a workspace: a table's columns and rules as the user says they are, and the rows set aside."""

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from pydantic import ValidationError

from core.errors import CorruptArtefact, InvalidInput
from core.fingerprint import content_id
from core.sampler.configuration_errors import decode_json
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.tabular.checking import check_schema
from core.tabular.schema import TableSchema
from core.tabular.split import Holdout, split_holdout
from core.tabular.table import RawTable
from core.workflows.tabular_tables import TABLE, table_of
from core.workflows.tabular_values import read_values

SCHEMA: Final = "tabular_schema"
SCHEMA_FILE: Final = "schema.json"
ROWS_FILE: Final = "rows.npz"
HOLDOUT_SHARE: Final = 0.3
SCHEME: Final = 1  # raised whenever the same seed would set other rows aside
_WHAT: Final = "The table's schema cannot be used"


@dataclass(frozen=True, slots=True)
class ConfirmedSchema:
    """A schema that its table was checked against, and which of the table's rows no synthesizer may see."""

    artefact: Artefact
    schema: TableSchema
    rows: Holdout

    @property
    def table(self) -> str:
        """Id of the table."""
        return self.artefact.manifest.parents[TABLE]


@dataclass(frozen=True, slots=True)
class DividedTable:
    """The rows that synthesizers learn from, and those that judge them."""

    schema: TableSchema
    train: RawTable
    holdout: RawTable


def confirm_schema(
    workspace: Workspace,
    table_id: str,
    schema: TableSchema,
    holdout_share: float = HOLDOUT_SHARE,
    seed: int = 0,
    title: str = "",
) -> Artefact:
    """Check a table against a schema, set a share of its rows aside for judging, and store both.

    `InvalidInput` lists every cell, column and rule that does not hold, `ValenceError` says why the rows cannot be
    parted so. The same four values are the same artefact.
    Facts: `n_rows`, `n_train`, `n_holdout`, `holdout_share`, `seed`, `target`, `table_title`.
    """
    table, artefact = table_of(workspace, table_id), workspace.artefacts.get(TABLE, table_id)
    check_schema(table, schema)
    rows = split_holdout(table, schema, holdout_share, seed)
    payload = {
        TABLE: table_id,
        "schema": schema.model_dump(mode="json"),
        "holdout_share": holdout_share,
        "seed": seed,
        "scheme": SCHEME,
    }
    facts = {
        "n_rows": len(table),
        "n_train": len(rows.train),
        "n_holdout": len(rows.holdout),
        "holdout_share": holdout_share,
        "seed": seed,
        "target": schema.target,
        "table_title": artefact.manifest.title,
    }
    files = {SCHEMA_FILE: schema_json(schema), ROWS_FILE: _rows_bytes(rows)}
    schema_id = content_id(SCHEMA, payload)
    return workspace.artefacts.save(
        SCHEMA, schema_id, title or artefact.manifest.title, files, facts, {TABLE: table_id}
    )


def schemas(workspace: Workspace, table_id: str = "") -> tuple[Artefact, ...]:
    """Confirmed schemas, newest first: all, or those of one table."""
    found = workspace.artefacts.list(SCHEMA)
    return tuple(schema for schema in found if table_id in ("", schema.manifest.parents[TABLE]))


def schema_of(workspace: Workspace, schema_id: str) -> ConfirmedSchema:
    """A confirmed schema; `NotFound` when there is none, `CorruptArtefact` when its files were changed."""
    artefact = workspace.artefacts.get(SCHEMA, schema_id)
    try:
        schema = TableSchema.model_validate_json(workspace.artefacts.read(artefact, SCHEMA_FILE))
    except (ValidationError, InvalidInput) as error:
        message = f"The schema {artefact.manifest.title!r} cannot be read."
        raise CorruptArtefact(message, "Confirm the table's schema again.") from error
    with np.load(BytesIO(workspace.artefacts.read(artefact, ROWS_FILE)), allow_pickle=False) as held:
        rows = Holdout(train=held["train"], holdout=held["holdout"])
    return ConfirmedSchema(artefact, schema, rows)


def divided_table(workspace: Workspace, schema_id: str) -> DividedTable:
    """The table of a confirmed schema, in its two parts."""
    confirmed = schema_of(workspace, schema_id)
    table = table_of(workspace, confirmed.table)
    return DividedTable(confirmed.schema, table.take(confirmed.rows.train), table.take(confirmed.rows.holdout))


def schema_json(schema: TableSchema) -> bytes:
    """The schema as the JSON file that people may edit and `read_schema` reads."""
    text = json.dumps(schema.model_dump(mode="json"), ensure_ascii=False, indent=2)
    return text.encode()


def read_schema(data: bytes) -> TableSchema:
    """The schema of a JSON file; `InvalidInput` with everything that is wrong with it."""
    try:
        values, repeated = decode_json(data)
        schema = read_values(TableSchema, values, _WHAT)
    except InvalidInput as error:
        raise InvalidInput(_WHAT, error.problems) from error
    if repeated:
        raise InvalidInput(_WHAT, repeated)
    return schema


def _rows_bytes(rows: Holdout) -> bytes:
    buffer = BytesIO()
    np.savez(buffer, allow_pickle=False, train=rows.train, holdout=rows.holdout)
    return buffer.getvalue()

"""Synthetic tables and reports as files to take away."""

from core.store.workspace import Workspace
from core.tabular.report.html import to_html
from core.tabular.table import RawTable
from core.tabular.writing import to_csv, to_parquet
from core.workflows.tabular_reports import report_of
from core.workflows.tabular_schemas import divided_table, schema_of
from core.workflows.tabular_synthesis import synthetic_of, synthetic_rows


def synthetic_csv(workspace: Workspace, synthetic_id: str, *, with_training_rows: bool = False) -> bytes:
    """A synthetic table as CSV; `with_training_rows` puts the real training rows before it, never the holdout's.

    Identifiers are there only where the rows were numbered anew.
    """
    return to_csv(_rows(workspace, synthetic_id, with_training_rows))


def synthetic_parquet(workspace: Workspace, synthetic_id: str, *, with_training_rows: bool = False) -> bytes:
    """A synthetic table as Parquet with the schema's types; `with_training_rows` as for CSV."""
    schema = schema_of(workspace, synthetic_of(workspace, synthetic_id).table_schema).schema
    return to_parquet(_rows(workspace, synthetic_id, with_training_rows), schema)


def report_html(workspace: Workspace, report_id: str) -> bytes:
    """A report as one HTML file that opens without network."""
    return to_html(report_of(workspace, report_id))


def _rows(workspace: Workspace, synthetic_id: str, with_training_rows: bool) -> RawTable:
    made = synthetic_rows(workspace, synthetic_id)
    if not with_training_rows:
        return made
    train = divided_table(workspace, synthetic_of(workspace, synthetic_id).table_schema).train
    return train.select(made.columns).concat(made)

"""Which table and schema the lab works on, what they hold, and the ways to others."""

import streamlit as st

from app import queries
from app.components.manage_version import manage_version
from app.components.tabular.pick import pick
from app.components.tabular.table_source import another_table
from app.components.tabular.words import HOLDOUT_HELP, TARGET_HELP
from app.services import current
from app.state import current_selection
from core.store.artefacts import Artefact
from core.workflows.tabular_schemas import SCHEMA, schemas
from core.workflows.tabular_tables import TABLE, tables


def table_and_schema() -> tuple[Artefact | None, Artefact | None]:
    """The pickers in one line; None where there is none of a kind yet."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        table = pick(TABLE, tables(current().workspace), "Table")
        if table is None:
            return None, None
        schema = pick(
            SCHEMA,
            schemas(current().workspace, table.id),
            "Schema",
            help_text="How the table is read, which rules bind it, and which of its rows are set aside, as confirmed.",
        )
        another_table()
        manage_version(table if schema is None else schema)
    return table, schema


def figures(table: Artefact, schema: Artefact | None) -> None:
    """How large the table is and, once its schema is confirmed, what it is divided into."""
    facts = table.manifest.facts
    if schema is None:
        st.caption(f"{facts['n_rows']:,} rows, {facts['n_columns']:,} columns.")
        return
    split = schema.manifest.facts
    cards: list[tuple[str, str, str, str | None]] = [
        ("Rows", f"{facts['n_rows']:,}", f"{facts['n_columns']:,} columns", None),
        ("To learn from", f"{split['n_train']:,}", "rows", "The rows that engines are shown."),
        ("Set aside", f"{split['n_holdout']:,}", "rows", HOLDOUT_HELP),
        _rarest(schema),
    ]
    grid = st.grid(len(cards), min_column_width=150)
    for label, value, below, help_text in cards:
        grid.metric(
            label,
            value,
            below,
            delta_color="off",
            delta_arrow="off",
            help=help_text,
            border=True,
            height="stretch",
        )


def _rarest(schema: Artefact) -> tuple[str, str, str, str]:
    target = schema.manifest.facts["target"]
    if not target:
        return "Target", "None", "nothing is predicted", TARGET_HELP
    counts = [one for one in queries.tabular_values(current_selection().workspace, schema.id, target) if one.value]
    total, least = sum(one.n_rows for one in counts), counts[-1]
    share = f"{least.n_rows / total:.1%}" if len(counts) > 1 else "all"
    return "Rarest class", share, f"{target} = {least.value}", f"{least.n_rows:,} of {total:,} rows. {TARGET_HELP}"

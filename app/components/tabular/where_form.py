"""Conditions that made rows must meet, asked column by column in the table's own values."""

import streamlit as st

from app import queries
from app.components.plain_text import plain
from app.state import current_selection
from core.store.artefacts import Artefact
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.where import Where, WhereColumn

_RANGED = (ColumnKind.NUMBER, ColumnKind.INTEGER, ColumnKind.DATE)
_EMPTY = "(empty)"


def where_form(schema: Artefact, confirmed: TableSchema, about: str) -> Where:
    """The conditions as they stand; columns without a value or bound yet ask for nothing. `about` keeps keys apart.

    `InvalidInput` where they contradict each other.
    """
    columns = {column.name: column for column in confirmed.columns if column.kind is not ColumnKind.IDENTIFIER}
    named = st.multiselect(
        "Conditions on",
        list(columns),
        default=[confirmed.target] if confirmed.target in columns else [],
        key=_key(schema, about, ""),
        placeholder="Choose columns",
        help="Every row that is made meets all of them. Columns that follow from others may be named, too.",
    )
    demands = [_demand(schema, columns[name], about, is_ranged=_is_ranged(confirmed, columns[name])) for name in named]
    return Where(columns=tuple(demand for demand in demands if demand is not None))


def _is_ranged(confirmed: TableSchema, column: Column) -> bool:
    return column.kind in _RANGED and column.name != confirmed.target


def _demand(schema: Artefact, column: Column, about: str, *, is_ranged: bool) -> WhereColumn | None:
    return _range(schema, column, about) if is_ranged else _values(schema, column, about)


def _values(schema: Artefact, column: Column, about: str) -> WhereColumn | None:
    counts = queries.tabular_values(current_selection().workspace, schema.id, column.name)
    found = {one.value: one.n_rows for one in counts}
    is_list = column.kind is ColumnKind.LIST
    chosen = st.multiselect(
        plain(column.name),
        list(found),
        format_func=lambda value: f"{value or _EMPTY} · {found[value]:,} rows",
        key=_key(schema, about, column.name),
        placeholder="A whole list" if is_list else "Any of these values",
        max_selections=1 if is_list else None,
        help="Values of the rows learnt from, the commonest first, with how many rows hold them.",
    )
    return WhereColumn(column=column.name, values=tuple(chosen)) if chosen else None


def _range(schema: Artefact, column: Column, about: str) -> WhereColumn | None:
    example = f"as {column.date_format}" if column.kind is ColumnKind.DATE else "a number"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        at_least, at_most = (
            st.text_input(
                f"{plain(column.name)}: {words}",
                key=_key(schema, about, f"{column.name}-{words}"),
                placeholder=f"no limit, or {example}",
                width=220,
            ).strip()
            for words in ("at least", "at most")
        )
    return WhereColumn(column=column.name, at_least=at_least, at_most=at_most) if at_least or at_most else None


def _key(schema: Artefact, about: str, name: str) -> str:
    return f"tabular-where-{about}-{schema.id}-{name}"

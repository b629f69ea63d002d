"""Which column of a file is which field of an attribute, asked only where the names leave it open."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.catalogue_tables import FileTable
from app.components.plain_text import plain
from core.catalogue.columns import FIELDS, ColumnSuggestion, suggest_columns

_NAMED = 12
_LABELS = {
    "id": ("Id", "A code of its own for each row. Any column whose texts never repeat will do, even the value's."),
    "value": ("Value", "What people call the attribute: Nike, Winter Sports Enthusiasts, Brazil."),
    "modality": ("Modality", "The kind of thing: brand, audience, platform, geo ..."),
    "attribute_type": ("Attribute type", "The finer kind: interest, age, country ... May be the modality's column."),
}


def column_mapping(table: FileTable, file_id: str) -> dict[str, str] | None:
    """Field to column; None while a field has no column yet. Shows nothing where every name is the expected one."""
    suggestion = suggest_columns(table.headers)
    if all(suggestion.mapping.get(field) == field for field in FIELDS):
        _say_facts(table.headers, suggestion.mapping)
        return suggestion.mapping
    with st.container(border=True):
        st.markdown("**Which column is which?** The names differ from the usual ones, so please check.")
        if len(suggestion.missing) == len(FIELDS):
            st.caption("If the first row of the file is an attribute already, put a header row above it.")
        places = st.columns(len(FIELDS))
        chosen = {
            field: _column_box(place, field, list(table.head.columns), suggestion, file_id)
            for place, field in zip(places, FIELDS, strict=True)
        }
        mapping = {field: header for field, header in chosen.items() if header is not None}
        st.caption("The first rows of the file")
        st.dataframe(table.head, hide_index=True, alt="The first rows of the file, before its columns are known")
        still_open = [_LABELS[field][0].lower() for field in FIELDS if field not in mapping]
        if still_open:
            st.warning(f"Choose the column for: {', '.join(still_open)}.", icon=":material/arrow_upward:")
            return None
        _say_facts(table.headers, mapping)
    return mapping


def _column_box(
    place: DeltaGenerator, field: str, columns: list[str], suggestion: ColumnSuggestion, file_id: str
) -> str | None:
    label, meaning = _LABELS[field]
    suggested = suggestion.mapping.get(field)
    chosen: str | None = place.selectbox(
        label,
        columns,
        index=columns.index(suggested) if suggested in columns else None,
        key=f"column-{field}-{file_id}",
        placeholder=f"{' or '.join(suggestion.ambiguous[field])}?"
        if field in suggestion.ambiguous
        else "Choose a column",
        help=meaning,
    )
    return chosen


def _say_facts(headers: tuple[str, ...], mapping: dict[str, str]) -> None:
    facts = [header for header in headers if header.strip() and header not in mapping.values()]
    if facts:
        more = f" and {len(facts) - _NAMED} more" if len(facts) > _NAMED else ""
        st.caption(f"Kept as facts of each attribute: {', '.join(map(plain, facts[:_NAMED]))}{more}.")

"""What DP-MST must be told: what anyone may know of the columns, and the secret that its noise is drawn from."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import BaseModel

from app import queries
from app.components.failure import show_problems
from app.components.tabular.engine_fields import field_key
from app.state import current_selection
from core.errors import InvalidInput
from core.store.artefacts import Artefact
from core.tabular.engines.dp_mst_settings import DpMstSettings, Spacing
from core.tabular.engines.private.domains import binned_columns
from core.tabular.plain import PlainColumn
from core.tabular.synthesizer import SynthesizerFamily

DP_MST = "dp-mst"
_GIVEN = ("n_codes", "low", "high", "bins", "spacing")
_ROW_PX, _HEADER_PX, _TALLEST_PX = 35, 38, 420


def is_private(family: SynthesizerFamily) -> bool:
    """Whether the engine keeps a stated privacy and must be told more than its plain settings."""
    return family.name == DP_MST


def privacy_form(schema: Artefact, family: SynthesizerFamily) -> dict[str, Any]:
    """The secret and the domains as the settings name them; domains are asked while nothing is said to be public."""
    key = f"tabular-secret-{current_selection().workspace}"
    st.session_state.setdefault(key, secrets.token_hex(16))
    secret = st.text_input(
        "Secret",
        type="password",
        key=key,
        persist_state="session",
        help="The noise is drawn from it. Somebody who knew it, the seed and every row but one could find that row "
        "out, so never publish it. It is drawn anew in every visit; keep it where the same rows shall be made again.",
        width=420,
    )
    is_public = st.session_state.get(field_key(family, "lists_and_ranges_are_public"), False)
    return {"secret": secret, "domains": [] if is_public else _domains(schema)}


def is_stated(schema: Artefact, settings: BaseModel) -> bool:
    """Whether all is stated that the engine must be told; what is lacking is shown."""
    if not isinstance(settings, DpMstSettings):
        return True
    if not settings.domains and not settings.lists_and_ranges_are_public:
        st.warning(
            "DP-MST must be told what is public of each column, and reads none of it from the rows. State it among its "
            "settings above, or switch on that the lists of values and the ranges are public.",
            icon=":material/lock:",
        )
        return False
    try:
        binned_columns(_columns(schema), settings)
    except InvalidInput as error:
        show_problems(error.what, error.problems, warning=True)
        return False
    return True


def _columns(schema: Artefact) -> tuple[PlainColumn, ...]:
    return queries.tabular_preparation(current_selection().workspace, schema.id).plain.columns


def domains_of(rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """The lines of which anything is stated, without their empty cells."""
    given = [{name: row[name] for name in ("column", *_GIVEN) if not _is_empty(row[name])} for row in rows]
    return [_as_domain(line) for line in given if len(line) > 1]


def _domains(schema: Artefact) -> list[dict[str, Any]]:
    st.markdown(
        "**What is public of each column**",
        help="The number of values that a category can take, or the range of a number, known without looking at the "
        "rows. A list is its length and its places; a number with empty cells has a column that says so.",
    )
    columns = _columns(schema)
    number = st.column_config.NumberColumn
    edited = st.data_editor(
        _frame(columns),
        key=f"tabular-domains-{schema.id}",
        hide_index=True,
        height=min(_TALLEST_PX, _HEADER_PX + _ROW_PX * len(columns)),
        placeholder="",
        disabled=["column", "kind"],
        column_config={
            "column": st.column_config.TextColumn("Column", width=150, pinned=True),
            "kind": st.column_config.TextColumn("What to state", width=110),
            "n_codes": number("Values", min_value=1, step=1, width=65, help="Of a category: how many it can take."),
            "low": number("From", width=65, help="Of a number: the least it can be."),
            "high": number("To", width=65, help="Of a number: the most it can be."),
            "bins": number("Ranges", min_value=1, max_value=1000, step=1, width=65, help="Of a number; 32 if empty."),
            "spacing": st.column_config.SelectboxColumn(
                "Spacing", options=[one.value for one in Spacing], width=75, help="Even, or wider with every range."
            ),
        },
        alt="What is public of each column, editable",
    )
    return domains_of(edited.to_dict("records"))


def _frame(columns: Sequence[PlainColumn]) -> pd.DataFrame:
    kinds = ["number of values" if column.is_coded else "from and to" for column in columns]
    named = {"column": [column.name for column in columns], "kind": kinds}
    empty = {name: pd.Series([None] * len(columns), dtype="Float64") for name in ("n_codes", "low", "high", "bins")}
    return pd.DataFrame({**named, **empty, "spacing": pd.Series([None] * len(columns), dtype="object")})


def _as_domain(line: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value) if name in ("n_codes", "bins") else value for name, value in line.items()}


def _is_empty(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell != cell or cell == ""

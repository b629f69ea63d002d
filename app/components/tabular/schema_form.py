"""The schema of a table as it was detected, to be changed and confirmed: columns, rules, target, rows set aside."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.plain_text import plain
from app.components.tabular.schema_confirm import confirm_line
from app.components.tabular.schema_frames import (
    COLUMN,
    EXAMPLES,
    FORM,
    FROM,
    HOLDS,
    KIND,
    LARGER,
    LOOKED_UP,
    MISSING,
    N_VALUES,
    SMALLER,
    WHY,
    columns_frame,
    dependencies_frame,
    inequalities_frame,
    schema_of,
)
from app.components.tabular.words import (
    FORM_HELP,
    KIND_HELP,
    KIND_NAMES,
    LOOKED_UP_HELP,
    NEVER_GREATER_HELP,
    TARGET_HELP,
    rule_text,
)
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.tabular.detection import Detection
from core.tabular.schema import TableSchema

_NO_TARGET: Final = ""
_MOST_NEARLY: Final = 6
_ROW_PX, _HEADER_PX, _TALLEST_PX = 35, 38, 700
_RULES_PX = 380


def schema_form(table: Artefact, confirmed: Artefact | None) -> None:
    """Everything that is asked of a table before anything is made of it; begins as confirmed before, or as detected."""
    workspace = current_selection().workspace
    detection = queries.tabular_detection(workspace, table.id)
    before = queries.tabular_schema(workspace, confirmed.id) if confirmed else detection.schema
    base = confirmed.id if confirmed else table.id
    if confirmed is None:
        st.info(
            "This is how the table was read. Check it, change what is not right, and confirm it: every engine and "
            "every figure relies on it.",
            icon=":material/fact_check:",
        )
    target = _target(before, base)
    columns = _columns(before, detection, base)
    grid = st.grid(2, min_column_width=_RULES_PX, gap="large")
    with grid.cell():
        looked_up = _looked_up(before, detection, base)
    with grid.cell():
        never_greater = _never_greater(before, detection, base)
    _nearly(detection)
    try:
        schema = schema_of(columns, looked_up, never_greater, target)
    except ValenceError as error:
        show_failure(error)
        schema = None
    confirm_line(table, confirmed, schema, base)


def _target(before: TableSchema, base: str) -> str:
    names = [_NO_TARGET, *(column.name for column in before.columns)]
    chosen: str = st.selectbox(
        "Target",
        names,
        index=names.index(before.target),
        format_func=lambda name: name or "None: nothing is to be predicted",
        key=f"tabular-target-{base}",
        help=TARGET_HELP,
        width=360,
    )
    return chosen


def _columns(before: TableSchema, detection: Detection, base: str) -> pd.DataFrame:
    st.markdown("##### Columns", help=KIND_HELP)
    frame = columns_frame(before, detection.columns)
    return st.data_editor(
        frame,
        key=f"tabular-columns-{base}",
        hide_index=True,
        height=min(_TALLEST_PX, _HEADER_PX + _ROW_PX * len(frame)),
        placeholder="",
        column_config=_column_config(),
        disabled=[COLUMN, MISSING, N_VALUES, EXAMPLES, WHY],
        alt="The columns of the table and how each is read, editable",
    )


def _column_config() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    return {
        COLUMN: text(pinned=True, width=140),
        KIND: st.column_config.SelectboxColumn(
            options=list(KIND_NAMES.values()), required=True, width=165, help=KIND_HELP
        ),
        FORM: text(width=110, help=FORM_HELP),
        MISSING: number(format="%.1f%%", width=75, help="Share of the rows in which the cell is empty."),
        N_VALUES: number(format="localized", width=80, help="How many different values the column holds."),
        EXAMPLES: text(width=215, help="Some of its values."),
        WHY: text(width=400, help="What the reading was concluded from."),
    }


def _looked_up(before: TableSchema, detection: Detection, base: str) -> pd.DataFrame:
    st.markdown("##### Follows from other columns", help=LOOKED_UP_HELP)
    names = [column.name for column in before.columns]
    return _rules(
        dependencies_frame(before.dependencies, detection.rules),
        f"tabular-looked-up-{base}",
        {
            FROM: st.column_config.MultiselectColumn(options=names, width=150, help="One to three columns."),
            LOOKED_UP: st.column_config.SelectboxColumn(options=names, width=115, help="The column that follows."),
        },
        "Columns that follow from others, editable",
    )


def _never_greater(before: TableSchema, detection: Detection, base: str) -> pd.DataFrame:
    st.markdown("##### Never greater than another", help=NEVER_GREATER_HELP)
    names = [column.name for column in before.columns]
    return _rules(
        inequalities_frame(before.inequalities, detection.rules),
        f"tabular-never-greater-{base}",
        {
            SMALLER: st.column_config.SelectboxColumn(options=names, width=125),
            LARGER: st.column_config.SelectboxColumn(options=names, width=125),
        },
        "Columns that are never greater than another, editable",
    )


def _rules(frame: pd.DataFrame, key: str, config: dict[str, Any], alt: str) -> pd.DataFrame:
    holds = st.column_config.TextColumn(width=150, help="Of the rows where all of these columns are known.")
    return st.data_editor(
        frame,
        key=key,
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        column_config={**config, HOLDS: holds},
        disabled=[HOLDS],
        alt=alt,
    )


def _nearly(detection: Detection) -> None:
    """Rules that some rows break: not proposed, and worth a look, since they may be slips of the file."""
    nearly = [one for one in detection.rules if not one.holds]
    if nearly:
        said = "; ".join(
            f"{plain(rule_text(one.rule))} is broken by {one.rows_checked - one.rows_held:,} of "
            f"{one.rows_checked:,} rows"
            for one in nearly[:_MOST_NEARLY]
        )
        st.caption(f":material/info: Nearly rules, left out: {said}.")

"""The pairs of a check set as a table that can be edited; what is kept is a new version."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.checks.kept import show_kept
from app.components.checks.pair_form import pair_form
from app.components.checks.words import PART_HELP
from app.components.failure import show_failure
from app.components.pair_text import OUTCOME_SIGNS
from app.services import current
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.checks.written import SPLITS, Line, WrittenSet
from core.store.artefacts import Artefact
from core.workflows.checks import checks_csv, edit_checks

_COLUMNS: Final = ("Row", "source", "target", "expected", "split", "why")
_SIGNS: Final = [sign for sign in OUTCOME_SIGNS.values() if len(sign) == 1]
_TALLEST_PX, _ROW_PX = 420, 35


def edit_check_set(version: Artefact, written: WrittenSet, catalogue: Catalogue) -> None:
    """The table, a form for one more pair, and the download; faults are listed by row and nothing is kept."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Change cells, add rows at the end, or tick rows and delete them.", width="stretch")
        st.download_button(
            "The set as a file",
            lambda: checks_csv(current().workspace, version.id),
            file_name=f"checks-{version.id[:8]}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"checks-file-{version.id[:8]}",
            help="To edit in a spreadsheet and upload again. Cells that a spreadsheet would run as a formula begin "
            "with an apostrophe, which is taken away when the file is read.",
        )
    before = _frame(written)
    edited = st.data_editor(
        before,
        key=f"checks-edit-{version.id}",
        num_rows="dynamic",
        hide_index=True,
        height=min(_TALLEST_PX, _ROW_PX * (len(before) + 2) + 2),
        placeholder="",
        column_config=_columns(),
        disabled=["Row"],
        alt="The pairs of the check set, editable",
    )
    lines = _lines(edited, len(written.pairs))
    is_changed = not edited.equals(before)
    if st.button("Keep as a new version", type="primary", icon=":material/check:", disabled=not is_changed):
        _keep(version, lines, catalogue)
    with st.expander("Add a pair from the catalogue", icon=":material/add:"):
        action = "Keep it and the changes above" if is_changed else "Keep as a new version"
        line = pair_form(catalogue, action, max((line.row for line in lines), default=1) + 1, version.id[:8])
        if line is not None:
            _keep(version, [*lines, line], catalogue)


def _keep(version: Artefact, lines: list[Line], catalogue: Catalogue) -> None:
    try:
        kept = edit_checks(current().workspace, version.id, lines, catalogue)
    except ValenceError as error:
        show_failure(error)
        st.caption("Nothing was kept; your changes are still in the table.")
        return
    show_kept(kept)


def _frame(written: WrittenSet) -> pd.DataFrame:
    rows = [(p.row, p.source, p.target, OUTCOME_SIGNS[p.expected], p.split, p.why) for p in written.pairs]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype({"Row": "Int64", **dict.fromkeys(_COLUMNS[1:], "object")})


def _lines(edited: pd.DataFrame, n_before: int) -> list[Line]:
    """Rows of the table as texts; new ones are numbered on, and rows that were left blank hold nothing."""
    lines: list[Line] = []
    next_row = n_before + 2
    for record in edited.to_dict("records"):
        cells = {name: _text(record[name]) for name in _COLUMNS[1:]}
        is_new = pd.isna(record["Row"])
        if is_new and not any(cells.values()):
            continue
        lines.append(Line(next_row if is_new else int(record["Row"]), cells))
        next_row += is_new
    return lines


def _text(cell: Any) -> str:
    return "" if cell is None or cell is pd.NA or cell != cell else str(cell).strip()


def _columns() -> dict[str, Any]:
    return {
        "Row": st.column_config.NumberColumn(width=50, help="Row of the file; its header is row 1."),
        "source": st.column_config.TextColumn("First attribute", width=180, help="A value or an id of the catalogue."),
        "target": st.column_config.TextColumn("Second attribute", width=180, help="Of another modality."),
        "expected": st.column_config.SelectboxColumn(
            "Expected", options=_SIGNS, width=85, help="+ fits, − clashes, 0 ambiguous or no signal."
        ),
        "split": st.column_config.SelectboxColumn("Part", options=["", *SPLITS], width=75, help=PART_HELP),
        "why": st.column_config.TextColumn("Why", width=430),
    }

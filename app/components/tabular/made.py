"""The tables that engines made: a list, and the chosen one with its figures, first rows and downloads."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.manage_version import manage_version
from app.components.plain_text import plain
from app.components.tabular.downloads import table_downloads
from app.components.tabular.uses import USE_NAMES
from app.services import current
from app.state import current_selection, fill_in, select
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.tabular.exchange import Use
from core.workflows.tabular_synthetics import synthetic_of, synthetic_tables

_ROW_PX: Final = 35
_TALLEST_PX: Final = 400
_TABLE: Final = "tabular-made"
RULES_HELP: Final = (
    "Rows that break a rule of the schema, hold a category that no real row holds, or a cell that cannot be read."
)


def made_tables(schema: Artefact) -> None:
    """The list, newest first, and the chosen table below it."""
    made = synthetic_tables(current().workspace, schema.id)
    if not made:
        st.info(
            "No table has been made from this schema yet. Choose an engine under “Make rows”.", icon=":material/table:"
        )
        return
    chosen = _chosen(made)
    _table(made, chosen)
    _detail(chosen)


def use_text(table: Artefact) -> str:
    """What a made table is for, with its conditions, as plain text."""
    facts = table.manifest.facts
    return USE_NAMES[Use(facts["use"])]


def _chosen(made: Sequence[Artefact]) -> Artefact:
    found = {one.id: one for one in made}
    selected = current_selection().synthetic_table
    if selected and selected not in found:
        st.warning("The table this link points to was not made from this schema; showing the newest one.")
    if selected not in found:
        fill_in(synthetic_table=made[0].id)
    return found[current_selection().synthetic_table]


def _table(made: Sequence[Artefact], chosen: Artefact) -> None:
    rows = [_row(one) for one in made]
    ids = [one.id for one in made]
    key = f"{_TABLE}-{'-'.join(one[:6] for one in ids)}"  # a row number means nothing among other rows
    st.session_state[_TABLE] = (key, ids)
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    st.dataframe(
        {name: [row[name] for row in rows] for name in rows[0]},
        hide_index=True,
        height=min(_TALLEST_PX, 38 + _ROW_PX * len(rows)),
        column_config={
            "Table": text(width=230),
            "What it holds": text(width=180, help="Only whole tables can be compared."),
            "Rows": number(format="localized", width=80),
            "Rules broken": number(format="localized", width=95, help=RULES_HELP),
            "Seconds": number(format="%.1f", width=80, help="Computing time of making the rows, learning not counted."),
            "Seed": number(width=60),
        },
        on_select=_open,
        selection_mode="single-row",
        selection_default={"selection": {"rows": [ids.index(chosen.id)]}},
        key=key,
        alt=f"{len(rows):,} tables that engines made",
    )


def _row(table: Artefact) -> dict[str, Any]:
    facts = table.manifest.facts
    return {
        "Table": table.manifest.title,
        "Engine": facts["family_title"],
        "What it holds": use_text(table),
        "Rows": facts["n_rows"],
        "Rules broken": facts["n_broken"],
        "Seconds": facts["cpu_s"],
        "Seed": facts["seed"],
        "Made (UTC)": table.manifest.created_at[:16].replace("T", " "),
        "Id": table.id[:8],
    }


def _open() -> None:
    key, ids = st.session_state[_TABLE]
    rows = st.session_state[key].selection.rows
    if rows:
        select(synthetic_table=ids[rows[0]])


def _detail(table: Artefact) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"#### {plain(table.manifest.title)} · {table.id[:8]}", width="stretch")
            manage_version(table)
        try:
            _figures(table)
            table_downloads(table)
            head = queries.tabular_made_head(current_selection().workspace, table.id)
        except ValenceError as error:
            show_failure(error)
            return
        st.dataframe(head, hide_index=True, height=320, placeholder="", alt="The first rows of the made table")
        st.caption(f"The first {len(head):,} of {table.manifest.facts['n_rows']:,} made rows.")


def _figures(table: Artefact) -> None:
    figures = queries.tabular_made_figures(current_selection().workspace, table.id)
    wanted = synthetic_of(current().workspace, table.id).wanted
    said = [f"**{use_text(table)}**"]
    if wanted.where.columns:
        said.append(plain(wanted.where.text))
    speed = f"{figures.cpu_s:,.1f} s, {figures.rows_per_s:,.0f} rows a second" if figures.cpu_s > 0.1 else "under 0.1 s"
    said.append(f"{figures.n_rows:,} rows in {speed}")
    st.markdown(" · ".join(said))
    if figures.broken:
        lines = "\n".join(f"- {plain(one.rule)}: {one.n_rows:,} rows" for one in figures.broken)
        st.warning(f"**Rows that break a rule**\n\n{lines}", icon=":material/rule:")
    else:
        st.markdown(":green[:material/check_circle:] Every row keeps every rule of the schema.", help=RULES_HELP)

"""Confirming a table's schema: how many rows are set aside, by which seed, and the check of every cell."""

from typing import Final

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.components.tabular.pick import show_only
from app.components.tabular.words import HOLDOUT_HELP
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.tabular.schema import TableSchema
from core.workflows.tabular_schemas import HOLDOUT_SHARE, SCHEMA, confirm_schema

_MOST_SEED: Final = 2**31 - 1


def confirm_line(table: Artefact, confirmed: Artefact | None, schema: TableSchema | None, base: str) -> None:
    """The two questions and the button; disabled where the schema is the confirmed one, or cannot be used."""
    facts = confirmed.manifest.facts if confirmed else {"holdout_share": HOLDOUT_SHARE, "seed": 0}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        share = st.slider(
            "Real rows set aside",
            10,
            50,
            round(100 * facts["holdout_share"]),
            5,
            format="%d%%",
            key=f"tabular-share-{base}",
            help=HOLDOUT_HELP,
            width=260,
        )
        seed = st.number_input(
            "Seed",
            0,
            _MOST_SEED,
            facts["seed"],
            key=f"tabular-split-seed-{base}",
            help="The same seed sets the same rows aside.",
            width=140,
        )
        is_same = bool(confirmed) and _is_same(confirmed, schema, share / 100, int(seed))
        label = "Confirm as a new schema" if confirmed else "Confirm the schema"
        is_clicked = st.button(
            label, type="primary", icon=":material/check:", key="tabular-confirm", disabled=schema is None or is_same
        )
    if is_same:
        st.caption(":material/check_circle: This is the confirmed schema. Change anything to confirm another one.")
    if is_clicked and schema is not None:
        _keep(table, schema, share / 100, int(seed))


def _is_same(confirmed: Artefact | None, schema: TableSchema | None, share: float, seed: int) -> bool:
    if confirmed is None or schema is None:
        return False
    facts = confirmed.manifest.facts
    is_split_same = abs(facts["holdout_share"] - share) < 1e-9 and facts["seed"] == seed
    return is_split_same and schema == queries.tabular_schema(current_selection().workspace, confirmed.id)


def _keep(table: Artefact, schema: TableSchema, share: float, seed: int) -> None:
    try:
        with st.spinner("Checking every cell against the schema"):
            kept = confirm_schema(current().workspace, table.id, schema, share, seed, table.manifest.title)
    except ValenceError as error:
        show_failure(error)
        st.caption("Nothing was confirmed; your changes are still there.")
        return
    show_only(SCHEMA, kept.id)
    give_notice(f"Confirmed: {plain(kept.manifest.title)}", icon=":material/check_circle:")
    st.rerun()

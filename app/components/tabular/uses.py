"""Which rows are to be made: a whole table, rows that meet conditions, or more of the rare class."""

import math
from typing import Final

import streamlit as st

from app import queries
from app.components.plain_text import named, plain
from app.components.tabular.where_form import where_form
from app.state import current_selection
from core.store.artefacts import Artefact
from core.tabular.exchange import MOST_ROWS, Use, Wanted
from core.tabular.schema import TableSchema

USE_NAMES: Final = {
    Use.TABLE: "Whole table",
    Use.CONDITIONAL: "By conditions",
    Use.AUGMENTATION: "Rare class",
}
_ABOUT: Final = {
    Use.TABLE: "As a stand-in for the real table. Only whole tables can be compared.",
    Use.CONDITIONAL: "Rows that meet conditions, such as 20,000 clicks from cities of rank 1.",
    Use.AUGMENTATION: "More rows of the rarest class, to be added to what a model is trained on, never to test rows.",
}
_MOST_SEED: Final = 2**31 - 1


def wanted_rows(schema: Artefact, confirmed: TableSchema, about: str) -> Wanted | None:
    """Ask what to make; None, with the reason shown, while it cannot be made. `about` keeps the keys apart.

    `InvalidInput` where no row can meet the conditions.
    """
    use = st.segmented_control(
        "What to make",
        list(Use),
        format_func=USE_NAMES.__getitem__,
        default=Use.TABLE,
        required=True,
        key=f"tabular-use-{about}-{schema.id}",
        wrap=True,
    )
    st.caption(_ABOUT[Use(use)])
    if use == Use.AUGMENTATION:
        return _augmentation(schema, confirmed, about)
    where = where_form(schema, confirmed, about) if use == Use.CONDITIONAL else None
    n_rows, seed = _rows_and_seed(schema, about)
    if where is None:
        return Wanted(n_rows=n_rows, seed=seed)
    if not where.columns:
        st.caption(":material/arrow_upward: Choose a column and what it shall hold.")
        return None
    st.caption(f":material/filter_alt: {plain(where.text)}.")
    queries.tabular_preparation(current_selection().workspace, schema.id).conditions(where)
    return Wanted(n_rows=n_rows, seed=seed, where=where)


def _rows_and_seed(schema: Artefact, about: str) -> tuple[int, int]:
    with st.container(horizontal=True):
        n_rows = st.number_input(
            "Rows to make",
            1,
            MOST_ROWS,
            schema.manifest.facts["n_train"],
            step=1000,
            key=f"tabular-rows-{about}-{schema.id}",
            help="At first as many as there are real rows to learn from.",
            width=180,
        )
        seed = _seed(schema, about)
    return int(n_rows), seed


def _seed(schema: Artefact, about: str) -> int:
    seed = st.number_input(
        "Seed",
        0,
        _MOST_SEED,
        0,
        key=f"tabular-seed-{about}-{schema.id}",
        help="The same seed makes the same rows; another makes others of the same kind.",
        width=140,
    )
    return int(seed)


def _augmentation(schema: Artefact, confirmed: TableSchema, about: str) -> Wanted | None:
    if not confirmed.target:
        st.warning("The schema names no target, so no class is rare. Name one in the schema.", icon=":material/info:")
        return None
    counts = [
        one for one in queries.tabular_values(current_selection().workspace, schema.id, confirmed.target) if one.value
    ]
    most, least = counts[0], counts[-1]
    percent = st.slider(
        f"Rows of “{plain(least.value)}” for every 100 of “{plain(most.value)}”",
        1,
        100,
        50,
        format="%d",
        key=f"tabular-ratio-{about}-{schema.id}",
        help="Counted among the rows to learn from. At 100 both are as frequent.",
        width=420,
    )
    to_add = max(math.ceil(round(most.n_rows * percent / 100, 6)) - least.n_rows, 0)
    st.markdown(
        f"**{to_add:,} rows** of {named(confirmed.target)} = {named(least.value)} will be made: there are "
        f"{least.n_rows:,} of them, and {most.n_rows:,} of {named(most.value)}."
    )
    seed = _seed(schema, about)
    if not to_add:
        st.caption("There are as many already. Choose a higher number.")
        return None
    return Wanted(ratio=percent / 100, seed=seed)

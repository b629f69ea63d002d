"""How much rows must differ: duplicates, and how many rows one attribute may be in."""

import streamlit as st

from app.components.configuration.draft import Draft, keep_edits
from app.components.configuration.fields import field_key, messages, number_field
from app.components.plain_text import plain
from core.sampler.configuration import Duplicates
from core.workflows.draft_edits import Path

DIVERSITY = "diversity"
_DUPLICATES: Path = (DIVERSITY, "duplicates")
_EXPOSURE: Path = (DIVERSITY, "max_exposure")


def diversity_fields(draft: Draft) -> None:
    """A switch against duplicates, and a greatest share per attribute type; 1 sets no limit."""
    key = field_key(_DUPLICATES)
    st.session_state[key] = draft.shown(_DUPLICATES) == Duplicates.REFUSE
    st.toggle(
        "No row twice",
        key=key,
        on_change=_keep,
        args=(draft.graph_id, key),
        help="Another row is drawn in the place of one that repeats an earlier row of its label. Off: repeated rows "
        "stay and are counted.",
    )
    messages(draft, _DUPLICATES)
    st.caption(
        "The greatest share of a label’s rows that one attribute of a type may be in. With 0.1, no attribute is in "
        "more than one row in ten; 1 sets no limit."
    )
    grid = st.grid(4)
    for name in dict.fromkeys([*draft.config.type_ranges, *draft.config.diversity.max_exposure]):
        path: Path = (*_EXPOSURE, name)
        with grid.cell():
            number_field(draft, path, plain(name), step=0.05, format="%g")
            messages(draft, path)
    messages(draft, (DIVERSITY,), _EXPOSURE)


def _keep(graph_id: str, key: str) -> None:
    choice = Duplicates.REFUSE if st.session_state[key] else Duplicates.COUNT
    keep_edits(graph_id, {_DUPLICATES: choice.value})

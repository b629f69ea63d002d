"""How many attributes of each type a row holds: one range per type, by slider or as exact numbers."""

import streamlit as st

from app.components.configuration.draft import Draft, keep_edits
from app.components.configuration.fields import field_key, messages, number_field
from app.components.plain_text import plain
from app.services import current
from core.workflows.draft_edits import TYPES, Path

_MOST_ON_SLIDER = 12


def type_range_inputs(draft: Draft) -> None:
    """A range per attribute type, those of the catalogue first; 0 to 0 leaves a type out of the rows."""
    exact = st.toggle(
        "Type exact numbers",
        key="exact-type-ranges",
        persist_state="session",
        help=f"Sliders go up to {_MOST_ON_SLIDER} attributes; here you can ask for more.",
    )
    available = current().graph(draft.graph_id).graph.catalogue.positions_by_type
    grid = st.grid(4, gap=("small", "medium"))
    for name in dict.fromkeys([*available, *draft.config.type_ranges]):
        with grid.cell():
            _type_range(draft, name, len(available.get(name, ())), exact=exact)
    messages(draft, (TYPES,))


def _type_range(draft: Draft, name: str, n_available: int, *, exact: bool) -> None:
    """A slider where it can show the range, else two numbers."""
    path: Path = (TYPES, name)
    low, high = draft.shown((*path, 0)), draft.shown((*path, 1))
    most = min(n_available, _MOST_ON_SLIDER)
    help_text = (
        f"How many attributes of this type a row holds. The catalogue has {n_available:,}. 0 leaves the type out."
    )
    if exact or path_is_refused(draft, path) or not 0 <= low <= high <= most:
        st.markdown(f":small[{plain(name)}]", help=help_text)
        for place, column in enumerate(st.columns(2, gap="xsmall")):
            with column:
                number_field(draft, (*path, place), ("at least", "at most")[place], whole=True)
    else:
        key = f"{field_key(path)}/slider"
        st.session_state[key] = (low, high)
        st.slider(plain(name), 0, most, key=key, on_change=_keep, args=(draft.graph_id, path, key), help=help_text)
    messages(draft, path)


def path_is_refused(draft: Draft, path: Path) -> bool:
    """Whether something at the path or in it was typed and refused."""
    return any(refused[: len(path)] == path for refused in draft.refused)


def _keep(graph_id: str, path: Path, key: str) -> None:
    low, high = st.session_state[key]
    keep_edits(graph_id, {(*path, 0): low, (*path, 1): high})

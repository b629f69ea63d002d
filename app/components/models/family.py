"""Choosing a family of predictors: what each is, what it learns from, and what it lacks here."""

import streamlit as st

from app.components.leaderboard.words import TRACK_HELP, TRACK_NAMES
from app.components.models.words import learns_from, words_of
from app.components.plain_text import plain
from app.state import current_selection
from core.models.protocol import Family, Track
from core.models.registry import FAMILIES, missing_libraries

_FIRST = "pair-kernel"


def family_picker() -> Family:
    """Every family with a sentence on it, one chosen."""
    names = list(FAMILIES)
    key = f"models-family-{current_selection().workspace}"
    if st.session_state.get(key) not in FAMILIES:
        st.session_state[key] = _FIRST if _FIRST in FAMILIES else names[0]
    st.radio(
        "Family",
        names,
        format_func=lambda name: plain(FAMILIES[name].title),
        captions=[_caption(FAMILIES[name]) for name in names],
        key=key,
        persist_state="session",
        help="A kind of model. Each learns in its own way; try several and compare them below.",
    )
    return FAMILIES[st.session_state[key]]


def family_facts(family: Family) -> None:
    """What the chosen family learns from, which board it stands on, and how long it takes."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"##### {plain(family.title)}", width="content")
        is_blind = family.track is Track.BLIND
        st.badge(f"{TRACK_NAMES[family.track]} track", color="blue" if is_blind else "orange", help=TRACK_HELP)
    st.markdown(learns_from(family))
    if takes := words_of(family.name).takes:
        st.caption(f":material/timer: {takes}")


def says_what_is_missing(family: Family) -> bool:
    """Say which libraries the family lacks and how to get them; returns whether any is."""
    missing = missing_libraries(family)
    if not missing:
        return False
    st.warning(
        f"**{plain(family.title)} cannot be trained here yet:** {' and '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} not installed. Run `make models` in the folder of the program, then "
        "reload this page. The pair kernel model needs nothing more.",
        icon=":material/extension_off:",
    )
    return True


def _caption(family: Family) -> str:
    missing = missing_libraries(family)
    return f"{plain(family.about)} :orange[Not installed here.]" if missing else plain(family.about)

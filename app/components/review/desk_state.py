"""What a sitting remembers between two keys: ids only, in one session-state key."""

import secrets
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

_KEY: Final = "review-desk"


@dataclass(frozen=True, slots=True)
class DeskState:
    """`owner`: whose desk it is, queue and reviewer; `sitting`: random, part of the keys that record a decision once;
    `turn`: counts what was put on the desk; `card`: number of the card on it, 0 for none; `wanted`: number of the card
    to put on it, 0 for whichever comes. `last`: id of the review to tell about, `about`: number of its card, `told`:
    what became of it. `peeked`: number of the card whose verdict was looked at in blind mode; `failure`: what went
    wrong with the last key.
    """

    owner: str = ""
    sitting: str = ""
    turn: int = 1
    card: int = 0
    wanted: int = 0
    last: str = ""
    about: int = 0
    told: str = ""
    peeked: int = 0
    failure: str = ""

    @property
    def key(self) -> str:
        """Under this key the decision of this turn is recorded, once."""
        return f"{self.sitting}-{self.turn}"


def desk_state(queue_id: str, reviewer: str) -> DeskState:
    """The desk of one reviewer in one queue; another queue or name clears it."""
    owner = f"{queue_id} {reviewer}"
    held: DeskState | None = st.session_state.get(_KEY)
    if held is None or held.owner != owner:
        held = DeskState(owner, secrets.token_hex(8))
        st.session_state[_KEY] = held
    return held


def change_desk(state: DeskState, **changes: Any) -> DeskState:
    """Remember something else, and return it."""
    changed = replace(state, **changes)
    st.session_state[_KEY] = changed
    return changed


def next_turn(state: DeskState, *, last: str, told: str, about: int, wanted: int = 0) -> None:
    """Clear the desk for the next card: what was pressed before counts no more."""
    change_desk(
        state, turn=state.turn + 1, card=0, wanted=wanted, last=last, about=about, told=told, peeked=0, failure=""
    )

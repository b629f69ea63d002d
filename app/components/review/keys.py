"""The keyboard of a card: + − 0 S U, as long as nobody is typing in a field.

Streamlit's own shortcuts know letters and digits only. A key counts once, and only for the card that was on the screen
when it was pressed: until the next card is there, further keys do nothing.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import streamlit as st

_CSS: Final = """
.keys { display: flex; flex-wrap: wrap; gap: 0.35rem 1.1rem; font-family: var(--st-font); font-size: 0.82rem;
  color: var(--st-text-color); opacity: 0.75; }
.keys span { white-space: nowrap; }
kbd { font-family: var(--st-code-font); font-size: 0.8rem; border: 1px solid var(--st-border-color);
  border-bottom-width: 2px; border-radius: 0.3rem; padding: 0 0.4rem; margin-right: 0.3rem;
  background: var(--st-secondary-background-color); }
"""

_HTML: Final = """
<div class="keys" aria-label="Keys">
  <span><kbd>+</kbd>works together</span><span><kbd>−</kbd>conflicts</span><span><kbd>0</kbd>no signal</span>
  <span><kbd>S</kbd>skip</span><span><kbd>U</kbd>undo</span>
  <span><kbd>N</kbd>write a note, <kbd>Esc</kbd>leave it</span>
</div>
"""

_JS: Final = """
const KEYS = { "+": "+", "=": "+", "-": "-", "\\u2212": "-", "0": "0", s: "skip", u: "undo", n: "note" };
const FIELDS = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role='combobox']";
const DIALOG = "[role='dialog'], [role='listbox'], [role='menu']";
const boards = new WeakMap();

function press(board, event) {
  const field = event.composedPath()[0];
  const isTyping = field instanceof Element && field.closest(FIELDS);
  if (isTyping) {
    if (["Escape", "Enter"].includes(event.key) && field.closest(board.note)) field.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (field instanceof Element && field.closest(DIALOG)) return;
  const key = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!key) return;
  event.preventDefault();
  if (key === "note") {
    document.querySelector(`${board.note} input, ${board.note} textarea`)?.focus();
  } else if (board.sent !== board.turn && (board.hasCard || key === "undo")) {
    board.sent = board.turn;
    board.send("pressed", { key, turn: board.turn });
  }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let board = boards.get(parentElement);
  if (!board) {
    board = {};
    boards.set(parentElement, board);
    board.listen = (event) => press(board, event);
    document.addEventListener("keydown", board.listen);
  }
  Object.assign(board, { ...data, send: setTriggerValue });
  parentElement.querySelector(".keys").dataset.turn = data.turn;
  return () => {
    document.removeEventListener("keydown", board.listen);
    boards.delete(parentElement);
  };
}
"""

_KEYBOARD: Final = st.components.v2.component("review_keys", html=_HTML, css=_CSS, js=_JS)


class KeyPress(NamedTuple):
    """`key`: a decision's value or `undo`; `turn`: what was on the screen when it was pressed."""

    key: str
    turn: int


def review_keys(turn: int, note_key: str, on_press: Callable[[KeyPress], None], *, has_card: bool) -> None:
    """Listen to keys, without a card only to undo; N goes to the field in the container with the key `note_key`.

    `turn` must differ whenever another card is shown. `on_press` runs before the page is drawn again.
    """
    key = "review-keys"

    def pressed() -> None:
        found = st.session_state[key].pressed
        if isinstance(found, dict):
            on_press(KeyPress(str(found["key"]), int(found["turn"])))

    _KEYBOARD(
        key=key,
        data={"hasCard": has_card, "turn": turn, "note": f".st-key-{note_key}"},
        on_pressed_change=pressed,
        width="stretch",
        height="content",
    )

"""Callbacks run to their end: a value typed just before another one must not be lost.

Streamlit ends a run as soon as the person does something else, at the next use of the session's state, even in the
middle of a callback, and takes the callback as done: what was typed is gone, and the field shows the old value again.
Here such an end waits until the callbacks of the run are through, and the callbacks of the next run wait for them,
since both may change the same draft.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState

_STREAMLITS_OWN = SafeSessionState.on_script_will_rerun
_KEY = "callbacks-under-way"
_NEW_LOCK = threading.Lock()


def install() -> None:
    """Make the callbacks of every session of this process run to their end; to be called once, before any session."""
    SafeSessionState.on_script_will_rerun = _run_callbacks  # type: ignore[method-assign, assignment]


def _run_callbacks(held: SafeSessionState, *states: Any, **options: Any) -> None:
    end_if_outdated = held._yield_callback
    with _lock_of(held._state):
        end_if_outdated()  # a newer run, which brings the same values and more, may have come while this one waited
        with _without_end(end_if_outdated.__self__):  # type: ignore[attr-defined]
            _STREAMLITS_OWN(held, *states, **options)


def _lock_of(state: SessionState) -> AbstractContextManager[Any]:
    """One lock for a session, kept in its state and gone with it."""
    with _NEW_LOCK:
        if _KEY not in state:
            state[_KEY] = threading.Lock()
    lock: threading.Lock = state[_KEY]
    return lock


@contextmanager
def _without_end(runner: ScriptRunner) -> Iterator[None]:
    """A runner ends a run only while it counts as executing; after this, at the next use of the state."""
    runner._execing = False
    try:
        yield
    finally:
        runner._execing = True

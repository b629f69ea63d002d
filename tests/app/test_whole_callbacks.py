"""What somebody typed is kept, whatever they do next and however soon."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.runtime.scriptrunner import StopException
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from app import whole_callbacks


def script() -> None:
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    def keep() -> None:
        context = get_script_run_ctx()
        assert context is not None and context.script_requests is not None
        context.script_requests.request_stop()  # as the server does when the person acts again
        st.toast("Keeping")
        st.session_state["kept"] = st.session_state["field"]

    st.number_input("Rows", value=1, key="field", on_change=keep)
    st.session_state["n_bodies"] = st.session_state.get("n_bodies", 0) + 1


@pytest.fixture
def installed() -> Iterator[None]:
    whole_callbacks.install()
    yield
    SafeSessionState.on_script_will_rerun = whole_callbacks._STREAMLITS_OWN  # type: ignore[method-assign]


@pytest.mark.usefixtures("installed")
def test_a_callback_runs_to_its_end_and_the_outdated_run_ends_after_it() -> None:
    test = AppTest.from_function(script).run()
    test.number_input[0].set_value(7).run()
    assert test.session_state["kept"] == 7
    assert test.session_state["n_bodies"] == 1


def test_streamlit_alone_would_lose_it() -> None:
    test = AppTest.from_function(script).run()
    test.number_input[0].set_value(7).run()
    assert "kept" not in test.session_state  # where this fails, Streamlit has learnt it, and the module can go


class Runner:
    """What a session's state sees of a runner: whether a run may be ended, and the place where it is."""

    def __init__(self, state: SessionState) -> None:
        self._execing = True
        self.is_outdated = False
        self.held = SafeSessionState(state, self.end_if_outdated)

    def end_if_outdated(self) -> None:
        if self._execing and self.is_outdated:
            raise StopException()


def test_callbacks_of_one_session_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    state, order = SessionState(), list[str]()
    first, second, third = Runner(state), Runner(state), Runner(state)
    names = {id(first.held): "first", id(second.held): "second", id(third.held): "third"}
    began, may_end = threading.Event(), threading.Event()

    def callbacks(held: SafeSessionState, *_: Any, **__: Any) -> None:
        order.append(f"{names[id(held)]} begins")
        began.set()
        may_end.wait(timeout=60)
        order.append(f"{names[id(held)]} ends")

    monkeypatch.setattr(whole_callbacks, "_STREAMLITS_OWN", callbacks)
    ended = list[str]()

    def run(runner: Runner) -> None:
        try:
            whole_callbacks._run_callbacks(runner.held, None)
        except StopException:
            ended.append(names[id(runner.held)])

    threads = [threading.Thread(target=run, args=(runner,)) for runner in (first, second, third)]
    threads[0].start()
    assert began.wait(timeout=60)
    second.is_outdated = True  # by the third, which brings what the second brought
    threads[1].start()
    threads[2].start()
    may_end.set()
    for thread in threads:
        thread.join(timeout=60)
    assert order == ["first begins", "first ends", "third begins", "third ends"]
    assert ended == ["second"]
    assert first._execing and third._execing

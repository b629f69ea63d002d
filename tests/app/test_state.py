"""The selection and the URL: what is filled in stays out of it, what is chosen goes in at once, what it brings wins."""

import pytest
from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from app.state import adopt_url, current_selection, fill_in, is_chosen, select

    def choose_in_callback() -> None:
        st.session_state["callback saw"] = is_chosen("draft")
        select(dataset="made")

    adopt_url()
    if st.button("fill in"):
        fill_in(catalogue="newest", draft="of-nobody")
    if st.button("choose"):
        select(graph="mine")
    if st.button("choose again"):
        select(graph="mine")
    if st.button("choose a draft"):
        select(draft="own")
    st.button("callback", on_click=choose_in_callback)
    st.button("look")
    if st.button("move"):
        select(workspace="other")
    chosen = current_selection()
    st.text("|".join([chosen.workspace, chosen.catalogue, chosen.graph, chosen.draft]))


def opened(**ids: str) -> AppTest:
    test = AppTest.from_function(script)
    for name, value in ids.items():
        test.query_params[name] = value
    return test.run()


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()  # type: ignore[no-any-return]


def go_back_to(test: AppTest, monkeypatch: pytest.MonkeyPatch, **ids: str) -> None:
    """As the browser does: the run is marked, and brings the ids of the entry it went back to."""
    monkeypatch.setattr("app.state._is_history_navigation", lambda: True)
    for name in list(test.query_params):
        test.query_params.pop(name)
    for name, value in ids.items():
        test.query_params[name] = value
    test.run()


def url(test: AppTest) -> dict[str, str]:
    return {name: "".join(value) for name, value in test.query_params.items()}


def shown(test: AppTest) -> str:
    return str(test.text[0].value)


def test_what_is_filled_in_stays_out_of_the_url_until_something_is_chosen_beside_it() -> None:
    test = press(opened(workspace="demo", embedded="yes"), "fill in")
    assert shown(test) == "demo|newest||of-nobody"
    assert url(test) == {"workspace": "demo", "embedded": "yes"}
    press(test, "choose")
    assert shown(test) == "demo|newest|mine|of-nobody"
    assert url(test) == {"workspace": "demo", "catalogue": "newest", "graph": "mine", "embedded": "yes"}


def test_back_takes_over_the_ids_of_its_address_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    test = press(opened(workspace="demo"), "choose")
    go_back_to(test, monkeypatch, workspace="demo", catalogue="older")
    assert shown(test) == "demo|older||"
    assert url(test) == {"workspace": "demo", "catalogue": "older"}


def test_going_back_right_after_a_choice_undoes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    test = press(opened(workspace="demo"), "choose")
    go_back_to(test, monkeypatch, workspace="demo")
    assert shown(test) == "demo|||"
    monkeypatch.undo()
    assert shown(test.run()) == "demo|||"
    assert url(test) == {"workspace": "demo"}


def test_another_workspace_drops_every_other_id() -> None:
    test = press(opened(workspace="demo", graph="mine", draft="own"), "move")
    assert shown(test) == "other|||"
    assert url(test) == {"workspace": "other"}


@pytest.mark.parametrize("then", ["look", "fill in", "callback"])
def test_a_choice_survives_what_is_done_before_its_address_arrived(then: str) -> None:
    test = press(opened(workspace="demo"), "choose")
    test.query_params.pop("graph")
    press(test, then)
    press(test, "look")  # a fill-in is shown by the run that follows it
    assert shown(test).startswith("demo|") and "|mine|" in shown(test)
    assert url(test)["graph"] == "mine"


def test_a_callback_that_runs_on_an_older_address_knows_what_was_chosen() -> None:
    test = press(opened(workspace="demo"), "choose a draft")
    test.query_params.pop("draft")
    press(test, "callback")
    assert test.session_state["callback saw"] is True
    assert shown(test) == "demo|||own"
    assert url(test) == {"workspace": "demo", "draft": "own", "dataset": "made"}

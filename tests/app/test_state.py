"""The selection and the URL: what is filled in stays out of it, what is chosen goes in at once, what it brings wins."""

from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from app.state import adopt_url, current_selection, fill_in, select

    adopt_url(st.session_state.get("page", ""))
    if st.button("fill in"):
        fill_in(catalogue="newest", draft="of-nobody")
    if st.button("choose"):
        select(graph="mine")
    if st.button("choose again"):
        select(graph="mine")
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


def test_the_ids_of_another_url_are_taken_over_whole() -> None:
    test = press(opened(workspace="demo"), "choose")
    test.query_params.pop("graph")
    test.query_params["catalogue"] = "older"
    assert shown(test.run()) == "demo|older||"


def test_another_workspace_drops_every_other_id() -> None:
    test = press(opened(workspace="demo", graph="mine", draft="own"), "move")
    assert shown(test) == "other|||"
    assert url(test) == {"workspace": "other"}


def test_a_choice_survives_a_link_that_was_clicked_before_its_address_arrived() -> None:
    test = press(opened(workspace="demo"), "choose")
    test.session_state["page"] = "another"
    test.query_params.pop("graph")
    assert shown(test.run()) == "demo||mine|"
    assert url(test) == {"workspace": "demo", "graph": "mine"}


def test_going_back_on_the_page_of_a_choice_undoes_it_and_links_that_follow_are_believed() -> None:
    test = press(opened(workspace="demo"), "choose")
    test.query_params.pop("graph")
    assert shown(test.run()) == "demo|||"
    test.session_state["page"] = "another"
    assert shown(test.run()) == "demo|||"
    assert url(test) == {"workspace": "demo"}

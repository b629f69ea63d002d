"""Tokens on the Settings page: made, shown in that run alone, listed, revoked."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from core.store.workspace import Workspace
from core.workflows.tokens import TokenRefused, TokenRequest, TokenState, authenticate, create_token, tokens_of

Open = Callable[..., AppTest]


@pytest.fixture
def held(home: object) -> Workspace:
    return services.workbench().create("spring").workspace


@pytest.fixture
def page(open_page: Open, held: Workspace) -> AppTest:
    opened = open_page("settings", "spring")
    opened.session_state["settings-views"] = ":material/key: Tokens"
    return opened.run()


def create(page: AppTest, team: str, **chosen: str) -> AppTest:
    next(field for field in page.text_input if field.label == "Team").set_value(team)
    for label, value in chosen.items():
        next(field for field in page.selectbox if field.label == label.replace("_", " ")).set_value(value)
    return press(page, "Create the token")


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def shown(page: AppTest) -> list[str]:
    return [found for code in page.code for found in re.findall(r"valence1\.\S+", code.value)]


def everything(page: AppTest) -> str:
    sent = "\n".join(str(node.proto) for node in page._tree if getattr(node, "proto", None) is not None)
    return f"{sent}\n{page.session_state!r}"


def test_a_token_is_shown_once_and_works(page: AppTest, held: Workspace) -> None:
    create(page, "Team A", Allows_to="Read only")
    assert not page.exception
    [token] = shown(page)
    assert authenticate(held, token).team == "Team A"
    assert authenticate(held, token).scopes == {"read"}
    assert token not in repr(page.session_state)
    page.run()
    assert shown(page) == []
    assert token.rpartition(".")[2] not in everything(page)
    [row] = page.dataframe[0].value.to_dict("records")
    assert (row["Team"], row["State"], row["Track"]) == ("Team A", "Active", "blind")


def test_what_is_wrong_is_said_and_nothing_is_made(page: AppTest, held: Workspace) -> None:
    create(page, " ")
    assert "The team has no name" in "".join(str(error.value) for error in (*page.error, *page.markdown))
    assert tokens_of(held) == ()
    assert shown(page) == []


def test_a_team_keeps_its_track(page: AppTest, held: Workspace) -> None:
    create_token(held, TokenRequest(team="A"))
    create(page, "A", Track="graph-aware")
    assert "competes on the blind track" in "".join(str(error.value) for error in page.error)
    assert len(tokens_of(held)) == 1


def test_a_token_is_revoked(page: AppTest, held: Workspace) -> None:
    made = create_token(held, TokenRequest(team="A"))
    page.run()
    press(page, "Revoke it")
    assert not page.exception
    assert tokens_of(held)[0].state is TokenState.REVOKED
    with pytest.raises(TokenRefused):
        authenticate(held, made.text)
    assert any("opens nothing any more" in found.value for found in page.success)
    assert not [button for button in page.button if button.label == "Revoke it"]

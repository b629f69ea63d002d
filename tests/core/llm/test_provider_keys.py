"""Keys are found, named by their variable, and never shown."""

import pytest

from core.llm.keys import HIDDEN, Keys, environment_keys, key_status, keys_from, redact
from core.llm.protocol import ErrorKind, ProviderError
from core.llm.wire_errors import Endpoint

KEY = "a-key-without-any-usual-shape"


def test_the_first_variable_with_a_key_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    assert key_status("gemini").variable == "GOOGLE_API_KEY"
    monkeypatch.setenv("GEMINI_API_KEY", "another")
    assert key_status("gemini").variable == "GEMINI_API_KEY"


def test_keys_handed_in_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "of-the-environment")
    found = keys_from({"GOOGLE_API_KEY": KEY}).find(("GEMINI_API_KEY", "GOOGLE_API_KEY"))
    assert found is not None and found.value.get_secret_value() == KEY


def test_a_blank_key_and_a_nested_secret_are_no_keys() -> None:
    assert key_status("gemini", Keys({"GEMINI_API_KEY": "  ", "GOOGLE_API_KEY": {"nested": KEY}})).variable == ""


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel-0123"])
def test_what_cannot_be_a_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ProviderError) as caught:
        key_status("gemini", Keys({"GEMINI_API_KEY": key}))
    assert caught.value.kind is ErrorKind.AUTH
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "needed", "said"),
    [
        ("gemini", True, "No key was found in GEMINI_API_KEY or GOOGLE_API_KEY."),
        ("openai-compatible", False, "a server of your own needs none"),
        ("scripted", False, "takes no key"),
    ],
)
def test_the_status_without_a_key(provider: str, needed: bool, said: str) -> None:
    status = key_status(provider)
    assert status.needed is needed
    assert said in status.sentence


def test_vertex_is_used_only_when_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "shop")
    assert key_status("gemini").vertex is None
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    status = key_status("gemini")
    assert status.vertex is not None
    assert (status.vertex.project, status.vertex.location) == ("shop", "global")
    assert "shop" in status.sentence
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    with pytest.raises(ProviderError, match="GOOGLE_CLOUD_PROJECT"):
        key_status("gemini")


def test_no_repr_shows_a_key() -> None:
    keys = Keys({"GEMINI_API_KEY": KEY})
    found = keys.find(("GEMINI_API_KEY",))
    shown = repr([keys, found, key_status("gemini", keys), Endpoint("gemini", "m", "", keys)])
    assert KEY not in shown and KEY not in str(found)


def test_every_known_key_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "in-the-environment")
    text = f"GET https://host/x?key={KEY}&b=1 with in-the-environment"
    assert keys_from({"GEMINI_API_KEY": KEY}).redact(text) == f"GET https://host/x?key={HIDDEN}&b=1 with {HIDDEN}"
    assert redact("in-the-environment") == HIDDEN


def test_a_key_that_begins_with_another_is_hidden_whole() -> None:
    keys = Keys({"GEMINI_API_KEY": "abcdef", "GOOGLE_API_KEY": "abcdefghij"})
    assert keys.redact("abcdefghij abcdef") == f"{HIDDEN} {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    ["AIzaSyA0123456789abcdefghijklmnopqrstuv", "sk-proj-0123456789abcdefghij", "Bearer 0123456789abcdef"],
)
def test_the_shape_of_a_key_is_enough_to_hide_it(text: str) -> None:
    secret = text.removeprefix("Bearer ")
    assert secret not in environment_keys().redact(f"refused: {text}.")


def test_ordinary_text_stays_as_it_is() -> None:
    text = "gemini answered 429: quota of sk-8 per minute; ask-for-more-of-everything-you-need"
    assert environment_keys().redact(text) == text

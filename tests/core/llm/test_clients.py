"""The registry makes what the settings name; the test of a connection tells what a person needs."""

from typing import get_args

import pytest

from core.errors import InvalidInput
from core.llm import clients
from core.llm.embedding_settings import EmbeddingProvider, EmbeddingSettings
from core.llm.keys import keys_from
from core.llm.protocol import ErrorKind, ProviderError
from core.llm.settings import ModelSettings, Provider
from tests.fakes.llmock_server import LlmockServer
from tests.fakes.wire_server import Answer, WireServer

KEY = "AIzaTestKeyThatMustNeverBeSeen0123456789"
KEYS = keys_from({"GEMINI_API_KEY": KEY})


def test_every_provider_of_the_settings_is_on_offer() -> None:
    assert set(clients.CHAT_CLIENTS) == set(get_args(Provider))
    assert set(clients.EMBEDDERS) == set(get_args(EmbeddingProvider))


@pytest.mark.parametrize("provider", get_args(Provider))
def test_a_client_is_named_as_its_provider(provider: Provider) -> None:
    settings = ModelSettings(provider=provider, base_url="http://127.0.0.1:9/v1")
    assert clients.make_client(settings, KEYS).name == provider


@pytest.mark.parametrize(("provider", "name"), [("offline", "minilm"), ("gemini", "gemini")])
def test_an_embedder_is_made_without_a_call(provider: EmbeddingProvider, name: str) -> None:
    assert clients.make_embedder(EmbeddingSettings(provider=provider), KEYS).name == name


def test_batches_are_gemini_only() -> None:
    assert clients.make_batch_client(ModelSettings(), KEYS).name == "gemini"
    with pytest.raises(InvalidInput, match="no batches"):
        clients.make_batch_client(ModelSettings(provider="scripted"), KEYS)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://h:99999/v1", "http://h/?key=abc", "http://a b/"])
@pytest.mark.parametrize("provider", ["gemini", "openai-compatible"])
def test_a_wrong_address_is_an_invalid_input_of_its_field(provider: Provider, url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clients.make_client(ModelSettings(provider=provider, base_url=url), KEYS)
    assert {problem.field for problem in caught.value.problems} == {"base_url"}


def test_all_that_is_wrong_with_an_address_is_listed() -> None:
    with pytest.raises(InvalidInput) as caught:
        clients.make_client(ModelSettings(base_url="ftp://me:pw@host/#x"), KEYS)
    assert len(caught.value.problems) == 2
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("provider", ["gemini", "openai-compatible"])
def test_a_connection_that_works(fake_providers: LlmockServer, provider: Provider) -> None:
    url = fake_providers.gemini_url if provider == "gemini" else fake_providers.openai_url
    report = clients.test_connection(ModelSettings(provider=provider, base_url=url, model="gemini-2.0-flash"), KEYS)
    assert (report.ok, report.provider, report.model) == (True, provider, "gemini-2.0-flash")
    assert report.seconds > 0 and report.input_tokens and report.output_tokens
    assert (report.problem, report.fix) == ("", "")
    assert len(fake_providers.requests()) == 1


def test_a_connection_that_is_refused_says_what_to_do(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "fail", "status": 403, "message": f"{KEY} was revoked"})
    report = clients.test_connection(ModelSettings(base_url=fake_providers.gemini_url), KEYS)
    assert not report.ok
    assert "revoked" in report.problem and "GEMINI_API_KEY" in report.fix
    assert KEY not in repr(report)


def test_a_missing_key_and_a_wrong_address_are_reports_too() -> None:
    report = clients.test_connection(ModelSettings(), keys_from({}))
    assert not report.ok and "GEMINI_API_KEY" in report.fix
    report = clients.test_connection(ModelSettings(provider="openai-compatible", base_url="ftp://x"), KEYS)
    assert not report.ok and "http" in report.problem


def test_a_provider_that_refuses_a_harmless_question_is_not_ok(wire: WireServer) -> None:
    wire.respond = lambda _: Answer.of({"promptFeedback": {"blockReason": "OTHER"}})
    report = clients.test_connection(ModelSettings(base_url=wire.url), KEYS)
    assert not report.ok and "refused" in report.problem


def test_the_environment_is_where_keys_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProviderError) as caught:
        clients.make_client(ModelSettings())
    assert caught.value.kind is ErrorKind.AUTH
    monkeypatch.setenv("GOOGLE_API_KEY", KEY)
    assert clients.make_client(ModelSettings()).name == "gemini"


def test_the_scripted_provider_needs_nothing() -> None:
    assert clients.test_connection(ModelSettings(provider="scripted")).ok

"""The real openai client against llmock, and against servers that understand less of the protocol."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from core.errors import InvalidInput
from core.llm.keys import keys_from
from core.llm.openai_compatible import OpenAiCompatibleClient
from core.llm.openai_connection import OpenAiConnection
from core.llm.openai_dialect import JsonMode
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from tests.fakes.llmock_server import LlmockServer, free_port
from tests.fakes.wire_server import Answer, Asked, WireServer

KEY = "sk-test-key-that-must-never-be-seen-0123456789"
SCHEMA = {"type": "object", "properties": {"1": {"type": "string"}}, "required": ["1"]}
REQUEST = ChatRequest("local-model", "Be brief.", "Judge [1] Nike.", 0.15, 256, SCHEMA)


def new_client(url: str, timeout_s: float = 10.0, **keys: str) -> OpenAiCompatibleClient:
    return OpenAiCompatibleClient(OpenAiConnection(keys_from(keys), url, timeout_s))


@cache
def client_of(url: str, timeout_s: float = 10.0) -> OpenAiCompatibleClient:
    return new_client(url, timeout_s, OPENAI_API_KEY=KEY)


def failure(url: str, timeout_s: float = 10.0) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        client_of(url, timeout_s).complete(REQUEST)
    assert KEY not in str(caught.value) and KEY not in repr(caught.value)
    return caught.value


Raw = Callable[[Callable[[Asked], Answer]], ProviderError]
Answered = Callable[[Any], ChatReply]


@pytest.fixture
def raw(wire: WireServer) -> Raw:
    def failure_of(respond: Callable[[Asked], Answer]) -> ProviderError:
        wire.respond = respond
        return failure(wire.url)

    return failure_of


@pytest.fixture
def answered(wire: WireServer) -> Answered:
    def reply_to(data: Any) -> ChatReply:
        wire.respond = lambda _: Answer.of(data)
        return client_of(wire.url).complete(REQUEST)

    return reply_to


def completion(reason: str | None = "stop", text: str | None = "x", **message: Any) -> dict[str, Any]:
    return {
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": reason}
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 4, "total_tokens": 15},
    }


def test_a_reply_comes_with_text_end_and_tokens(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "reply", "text": '{"1": "-"}'})
    reply = client_of(fake_providers.openai_url).complete(REQUEST)
    assert (reply.text, reply.finish) == ('{"1": "-"}', Finish.COMPLETE)
    assert reply.input_tokens and reply.output_tokens


def test_everything_that_shapes_the_answer_is_sent(fake_providers: LlmockServer) -> None:
    client_of(fake_providers.openai_url).complete(REQUEST)
    (sent,) = fake_providers.requests()
    assert sent["path"] == "/v1/chat/completions"
    assert sent["body"] == {
        "model": "local-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Judge [1] Nike."}],
        "temperature": 0.15,
        "max_tokens": 256,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.BAD_REQUEST),
        (401, ErrorKind.AUTH),
        (402, ErrorKind.AUTH),
        (403, ErrorKind.AUTH),
        (404, ErrorKind.UNKNOWN_MODEL),
        (408, ErrorKind.TIMEOUT),
        (409, ErrorKind.SERVER),
        (413, ErrorKind.BAD_REQUEST),
        (500, ErrorKind.SERVER),
        (503, ErrorKind.SERVER),
    ],
)
def test_each_status_has_its_kind_and_is_asked_once(fake_providers: LlmockServer, status: int, kind: ErrorKind) -> None:
    fake_providers.scenario({"type": "fail", "status": status, "message": f"no, {KEY}"})
    error = failure(fake_providers.openai_url)
    assert error.kind is kind
    assert error.fix
    assert len(fake_providers.requests()) == 1


def test_a_rate_limit_says_how_long_to_wait(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "fail", "status": 429, "retry_after": 2.5})
    error = failure(fake_providers.openai_url)
    assert (error.kind, error.retry_after_s) == (ErrorKind.RATE_LIMIT, 2.5)


def test_an_empty_account_is_permanent_though_it_answers_429(raw: Raw) -> None:
    body = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}
    error = raw(lambda _: Answer.of(body, 429))
    assert error.kind is ErrorKind.AUTH
    assert "billing" in error.fix


def test_a_slow_server_is_a_timeout(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "delay", "seconds": 1.0})
    assert failure(fake_providers.openai_url, timeout_s=0.2).kind is ErrorKind.TIMEOUT


def test_nobody_there_is_unreachable() -> None:
    assert failure(f"http://127.0.0.1:{free_port()}/v1").kind is ErrorKind.UNREACHABLE


def test_a_dropped_connection_may_pass(raw: Raw) -> None:
    def drop(_: Asked) -> Answer:
        raise ConnectionAbortedError

    assert raw(drop).kind is ErrorKind.SERVER


@pytest.mark.parametrize(
    "body", [b'{"choices": [', b"", b"[1, 2]", b'{"choices": "many"}', b'{"choices": []}', b"\xff\xfe{}", b'{"a": 1}']
)
def test_a_malformed_success_is_garbage(raw: Raw, body: bytes) -> None:
    assert raw(lambda _: Answer(body=body)).kind is ErrorKind.GARBAGE


def test_a_web_page_means_a_wrong_address(raw: Raw) -> None:
    error = raw(lambda _: Answer.page())
    assert error.kind is ErrorKind.UNREACHABLE
    assert "web page" in error.message and "/v1" in error.fix


def test_a_path_that_is_no_api_is_not_called_an_unknown_model(raw: Raw) -> None:
    plain = Answer(404, b"404 page not found", {"content-type": "text/plain"})
    assert raw(lambda _: plain).kind is ErrorKind.UNREACHABLE
    assert raw(lambda _: Answer.page(404)).kind is ErrorKind.UNREACHABLE


def test_a_gateway_may_call_the_model_unknown_with_400(raw: Raw) -> None:
    body = {"error": {"message": "The model `local-model` does not exist."}}
    assert raw(lambda _: Answer.of(body, 400)).kind is ErrorKind.UNKNOWN_MODEL


def test_no_redirect_is_followed(raw: Raw) -> None:
    with WireServer() as other:
        assert raw(lambda _: Answer.of({}, 307, location=other.url)).kind is ErrorKind.UNREACHABLE
        assert not other.asked


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("stop", Finish.COMPLETE), ("length", Finish.TRUNCATED), ("content_filter", Finish.REFUSED)],
)
def test_why_a_reply_ended(answered: Answered, reason: str, finish: Finish) -> None:
    assert answered(completion(reason)) == ChatReply("x", finish, 11, 4)


def test_a_refusal_is_refused_whatever_its_end(answered: Answered) -> None:
    assert answered(completion("stop", None, refusal="I cannot.")) == ChatReply("", Finish.REFUSED, 11, 4)


@pytest.mark.parametrize("reason", ["tool_calls", "error", None])
def test_an_end_that_means_no_answer_is_garbage(answered: Answered, reason: str | None) -> None:
    with pytest.raises(ProviderError) as caught:
        answered(completion(reason))
    assert caught.value.kind is ErrorKind.GARBAGE


def test_without_usage_tokens_are_unknown_not_zero(answered: Answered) -> None:
    data = completion()
    del data["usage"]
    reply = answered(data)
    assert (reply.input_tokens, reply.output_tokens) == (None, None)


def accepting(*accepted: str, status: int = 400) -> Callable[[Asked], Answer]:
    """A server that refuses every form of `response_format` but these."""

    def respond(asked: Asked) -> Answer:
        given = asked.json.get("response_format")
        form = "none" if given is None else given["type"] + (" schema" if "schema" in given else "")
        if form in accepted:
            return Answer.of(completion(text=form))
        return Answer.of({"error": {"message": f"response_format: {form} is not supported"}}, status)

    return respond


@pytest.mark.parametrize(
    ("accepted", "mode", "n_refused"),
    [
        ("json_schema", JsonMode.SCHEMA, 0),
        ("json_object schema", JsonMode.OBJECT_WITH_SCHEMA, 1),
        ("json_object", JsonMode.OBJECT, 2),
        ("none", JsonMode.PROMPT_ONLY, 3),
    ],
)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_json_is_asked_for_in_the_strictest_form_taken_and_that_is_remembered(
    wire: WireServer, accepted: str, mode: JsonMode, n_refused: int, status: int
) -> None:
    wire.respond = accepting(accepted, status=status)
    client = new_client(wire.url)
    assert client.complete(REQUEST).text == accepted
    assert len(wire.asked) == n_refused + 1
    assert client.dialect("local-model").json_mode is mode
    client.complete(REQUEST)
    assert len(wire.asked) == n_refused + 2


def test_a_refusal_of_something_else_is_not_negotiated(wire: WireServer) -> None:
    wire.respond = lambda _: Answer.of({"error": {"message": "the prompt is too long"}}, 400)
    assert failure(wire.url).kind is ErrorKind.BAD_REQUEST
    assert len(wire.asked) == 1


def test_a_server_that_refuses_every_form_is_left_after_four_calls(wire: WireServer) -> None:
    wire.respond = accepting("nothing at all")
    assert failure(wire.url).kind is ErrorKind.BAD_REQUEST
    assert len(wire.asked) == 4


def test_a_model_that_wants_another_name_for_the_limit_gets_it(wire: WireServer) -> None:
    def respond(asked: Asked) -> Answer:
        if "max_tokens" in asked.json:
            said = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
            return Answer.of({"error": {"message": said, "param": "max_tokens"}}, 400)
        return Answer.of(completion(text=str(asked.json["max_completion_tokens"])))

    wire.respond = respond
    client = new_client(wire.url)
    assert [client.complete(REQUEST).text for _ in range(2)] == ["256", "256"]
    assert len(wire.asked) == 3


def test_one_model_teaches_nothing_about_another(wire: WireServer) -> None:
    wire.respond = accepting("json_object")
    client = new_client(wire.url)
    client.complete(REQUEST)
    assert client.dialect("another").json_mode is JsonMode.SCHEMA


def test_threads_negotiate_together(wire: WireServer) -> None:
    wire.respond = accepting("json_object")
    client = new_client(wire.url)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(client.complete, [REQUEST] * 16))
    assert {reply.text for reply in replies} == {"json_object"}
    assert client.dialect("local-model").json_mode is JsonMode.OBJECT


def test_a_local_server_needs_no_key_and_gets_none_of_others(wire: WireServer) -> None:
    wire.respond = lambda _: Answer.of(completion())
    new_client(wire.url, GEMINI_API_KEY="AIzaOfAnotherProvider0123456789").complete(REQUEST)
    (asked,) = wire.asked
    assert asked.headers["authorization"] == "Bearer none"
    assert not any("AIza" in value for value in asked.headers.values())


def test_a_key_of_its_own_comes_first(wire: WireServer) -> None:
    wire.respond = lambda _: Answer.of(completion())
    new_client(wire.url, OPENAI_API_KEY="sk-general", VALENCE_OPENAI_API_KEY="sk-special").complete(REQUEST)
    assert wire.asked[0].headers["authorization"] == "Bearer sk-special"


@pytest.mark.parametrize("url", ["", "ftp://host/v1", "localhost:11434/v1", "http://", "http://me:pw@host/v1"])
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        new_client(url)
    assert caught.value.problems[0].field == "base_url"
    assert caught.value.problems[0].fix


def test_half_a_surrogate_pair_is_a_bad_request(wire: WireServer) -> None:
    with pytest.raises(ProviderError) as caught:
        client_of(wire.url).complete(ChatRequest("local-model", "", "bad \ud800 text", 0.0, 64))
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert not wire.asked

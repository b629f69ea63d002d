"""The real google-genai client against llmock, and against raw answers that llmock cannot give."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest

from core.errors import InvalidInput
from core.llm.gemini import GeminiClient
from core.llm.gemini_connection import GeminiConnection
from core.llm.keys import keys_from
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from tests.fakes.llmock_server import LlmockServer, free_port
from tests.fakes.wire_server import Answer, Asked, WireServer

KEY = "AIzaTestKeyThatMustNeverBeSeen0123456789"
SCHEMA = {"type": "object", "properties": {"1": {"type": "string", "enum": ["+", "-", "0"]}}, "required": ["1"]}
REQUEST = ChatRequest("gemini-2.5-flash", "Be brief.", "Judge [1] Nike.", 0.15, 256, SCHEMA)


@cache  # making the library's client takes longer than all else here
def client_of(url: str, timeout_s: float = 10.0) -> GeminiClient:
    return GeminiClient(GeminiConnection(keys_from({"GEMINI_API_KEY": KEY}), url, timeout_s))


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


def candidate(reason: str | None, text: str = "x", **usage: int) -> dict[str, Any]:
    return {
        "candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": reason}],
        "usageMetadata": usage,
    }


def test_a_reply_comes_with_text_end_and_tokens(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "reply", "text": '{"1": "+"}'})
    reply = client_of(fake_providers.gemini_url).complete(REQUEST)
    assert (reply.text, reply.finish) == ('{"1": "+"}', Finish.COMPLETE)
    assert reply.input_tokens and reply.output_tokens


def test_everything_that_shapes_the_answer_is_sent(fake_providers: LlmockServer) -> None:
    client_of(fake_providers.gemini_url).complete(REQUEST)
    (sent,) = fake_providers.requests()
    assert sent["path"] == "/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    assert sent["body"]["contents"][0]["parts"] == [{"text": "Judge [1] Nike."}]
    assert sent["body"]["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert sent["body"]["generationConfig"] == {
        "temperature": 0.15,
        "maxOutputTokens": 256,
        "responseMimeType": "application/json",
        "responseJsonSchema": SCHEMA,
    }


def test_a_request_without_schema_asks_for_plain_text(fake_providers: LlmockServer) -> None:
    client_of(fake_providers.gemini_url).complete(ChatRequest("gemini-2.5-flash", "", "Hello", 0.0, 64))
    (sent,) = fake_providers.requests()
    assert sent["body"]["generationConfig"] == {"temperature": 0.0, "maxOutputTokens": 64}
    assert "systemInstruction" not in sent["body"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ErrorKind.BAD_REQUEST),
        (401, ErrorKind.AUTH),
        (403, ErrorKind.AUTH),
        (404, ErrorKind.UNKNOWN_MODEL),
        (408, ErrorKind.TIMEOUT),
        (422, ErrorKind.BAD_REQUEST),
        (500, ErrorKind.SERVER),
        (503, ErrorKind.SERVER),
        (504, ErrorKind.TIMEOUT),
    ],
)
def test_each_status_has_its_kind_and_is_asked_once(fake_providers: LlmockServer, status: int, kind: ErrorKind) -> None:
    fake_providers.scenario({"type": "fail", "status": status, "message": f"no, {KEY}"})
    error = failure(fake_providers.gemini_url)
    assert error.kind is kind
    assert error.fix
    assert len(fake_providers.requests()) == 1


def test_a_rate_limit_says_how_long_to_wait(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "fail", "status": 429, "retry_after": 12})
    error = failure(fake_providers.gemini_url)
    assert (error.kind, error.retry_after_s) == (ErrorKind.RATE_LIMIT, 12.0)


def test_the_wait_may_stand_in_the_body(raw: Raw) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}
    body = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [info]}}
    error = raw(lambda _: Answer.of(body, 429))
    assert (error.kind, error.retry_after_s) == (ErrorKind.RATE_LIMIT, 37.5)


def test_a_wrong_key_is_told_from_a_bad_request(raw: Raw) -> None:
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    said = f"API key not valid. You sent {KEY}."
    error = raw(lambda _: Answer.of({"error": {"code": 400, "message": said, "details": [reason]}}, 400))
    assert error.kind is ErrorKind.AUTH
    assert "GEMINI_API_KEY" in error.fix
    assert error.__cause__ is None  # the library's exception spells the key out


def test_a_slow_server_is_a_timeout(fake_providers: LlmockServer) -> None:
    fake_providers.scenario({"type": "delay", "seconds": 1.0})
    error = failure(fake_providers.gemini_url, timeout_s=0.2)
    assert error.kind is ErrorKind.TIMEOUT
    assert error.kind.may_pass


def test_nobody_there_is_unreachable() -> None:
    error = failure(f"http://127.0.0.1:{free_port()}")
    assert error.kind is ErrorKind.UNREACHABLE


def test_a_dropped_connection_may_pass(raw: Raw) -> None:
    def drop(_: Asked) -> Answer:
        raise ConnectionAbortedError

    assert raw(drop).kind is ErrorKind.SERVER


@pytest.mark.parametrize("body", [b'{"candidates": [', b"", b"[1, 2]", b'{"candidates": "many"}', b"\xff\xfe{}"])
def test_a_malformed_success_is_garbage(body: bytes, raw: Raw) -> None:
    assert raw(lambda _: Answer(body=body)).kind is ErrorKind.GARBAGE


def test_a_web_page_means_a_wrong_address(raw: Raw) -> None:
    error = raw(lambda _: Answer.page())
    assert error.kind is ErrorKind.UNREACHABLE
    assert "web page" in error.message and "base URL" in error.fix


def test_a_web_page_of_a_failing_gateway_may_pass(raw: Raw) -> None:
    assert raw(lambda _: Answer.page(502)).kind is ErrorKind.SERVER


def test_no_redirect_is_followed_with_the_key(raw: Raw) -> None:
    with WireServer(lambda _: Answer.of({})) as other:
        target = f"{other.url}/v1beta/models/gemini-2.5-flash:generateContent"
        error = raw(lambda _: Answer.of({}, 307, location=target))
        assert not other.asked
    assert error.kind is ErrorKind.UNREACHABLE


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", Finish.COMPLETE),
        ("MAX_TOKENS", Finish.TRUNCATED),
        ("SAFETY", Finish.REFUSED),
        ("RECITATION", Finish.REFUSED),
        ("PROHIBITED_CONTENT", Finish.REFUSED),
    ],
)
def test_why_a_reply_ended(reason: str, finish: Finish, answered: Answered) -> None:
    assert answered(candidate(reason)).finish is finish


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "A_REASON_OF_NEXT_YEAR", None])
@pytest.mark.filterwarnings("ignore:.*is not a valid FinishReason")
def test_an_end_that_means_no_answer_is_garbage(reason: str | None, answered: Answered) -> None:
    with pytest.raises(ProviderError) as caught:
        answered(candidate(reason))
    assert caught.value.kind is ErrorKind.GARBAGE


def test_continuations_are_not_fetched_behind_the_budget(wire: WireServer, answered: Answered) -> None:
    data = candidate("CONTINUATION")
    data["candidates"][0]["continuationToken"] = "bmV4dA=="
    assert answered(data).finish is Finish.TRUNCATED
    assert len(wire.asked) == 1


def test_a_blocked_prompt_is_a_refusal_that_costs_its_input(answered: Answered) -> None:
    reply = answered({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}})
    assert reply == ChatReply("", Finish.REFUSED, 9, 0)


def test_no_candidates_is_garbage(answered: Answered) -> None:
    with pytest.raises(ProviderError, match="candidate") as caught:
        answered({"candidates": []})
    assert caught.value.kind is ErrorKind.GARBAGE


def test_thoughts_are_no_text_but_cost_output(answered: Answered) -> None:
    data = candidate("STOP", "yes", promptTokenCount=5, candidatesTokenCount=2, thoughtsTokenCount=40)
    data["candidates"][0]["content"]["parts"].insert(0, {"text": "Hm.", "thought": True})
    assert answered(data) == ChatReply("yes", Finish.COMPLETE, 5, 42)


def test_without_usage_tokens_are_unknown_not_zero(answered: Answered) -> None:
    data = candidate("STOP")
    del data["usageMetadata"]
    reply = answered(data)
    assert (reply.input_tokens, reply.output_tokens) == (None, None)


def test_the_key_travels_in_a_header_only(wire: WireServer, answered: Answered) -> None:
    answered(candidate("STOP"))
    (asked,) = wire.asked
    assert asked.headers["x-goog-api-key"] == KEY
    assert KEY not in asked.path and KEY.encode() not in asked.body


def test_threads_share_one_client(fake_providers: LlmockServer) -> None:
    client = client_of(fake_providers.gemini_url)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(client.complete, [REQUEST] * 24))
    assert len(replies) == len(fake_providers.requests()) == 24


def test_a_missing_key_is_said_before_any_call() -> None:
    with pytest.raises(ProviderError) as caught:
        GeminiConnection(keys_from({}))
    assert caught.value.kind is ErrorKind.AUTH
    assert "GEMINI_API_KEY" in caught.value.fix


@pytest.mark.parametrize("url", ["ftp://host/x", "localhost:8080", "file:///etc/passwd", "javascript:alert(1)"])
def test_an_address_that_is_no_http_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="http"):
        client_of(url)


def test_vertex_without_credentials_says_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/credentials.json")
    keys = keys_from({"GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_CLOUD_PROJECT": "p", "GEMINI_API_KEY": KEY})
    connection = GeminiConnection(keys, timeout_s=5)
    assert connection.is_vertex
    with pytest.raises(ProviderError) as caught:
        GeminiClient(connection).complete(REQUEST)
    assert caught.value.kind is ErrorKind.AUTH
    assert "gcloud auth" in caught.value.fix

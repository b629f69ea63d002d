"""Batches through the real google-genai client: in line and as a file, across a restart, with failures inside."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import InvalidInput, ValenceError
from core.llm.batches import BatchState
from core.llm.gemini_batches import INLINE_LIMIT_BYTES, GeminiBatches
from core.llm.gemini_connection import GeminiConnection
from core.llm.keys import keys_from
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from tests.fakes.gemini_server import GeminiServer, sure_reply

KEY = "AIzaTestKeyThatMustNeverBeSeen0123456789"
SCHEMA = {"type": "object", "properties": {"1": {"type": "string"}}}
REQUESTS = [ChatRequest("gemini-2.5-flash", "Be brief.", f"Judge pair {n}.", 0.15, 256, SCHEMA) for n in range(5)]

Reply = Callable[[dict[str, Any]], dict[str, Any]]


def batches_of(server: GeminiServer, in_line: bool) -> GeminiBatches:
    connection = GeminiConnection(keys_from({"GEMINI_API_KEY": KEY}), server.url, 10.0)
    return GeminiBatches(connection, INLINE_LIMIT_BYTES if in_line else 0)


def prompt_of(request: dict[str, Any]) -> str:
    text: str = request["contents"][0]["parts"][0]["text"]
    return text


@pytest.mark.parametrize("in_line", [True, False])
def test_every_request_gets_its_own_answer_after_a_restart(in_line: bool) -> None:
    with GeminiServer() as server:
        name = batches_of(server, in_line).submit(REQUESTS, "graph run 1")
        after_restart = batches_of(server, in_line)
        assert after_restart.state(name) is BatchState.PENDING
        with pytest.raises(ValenceError, match="pending"):
            after_restart.collect(name)
        server.finish()
        assert after_restart.state(name) is BatchState.SUCCEEDED
        answers = after_restart.collect(name)
        assert bool(server.files) is not in_line
    assert answers == {
        request.fingerprint: ChatReply(f"said: {request.prompt}", Finish.COMPLETE, 7, 3) for request in REQUESTS
    }


def test_the_file_says_the_same_as_the_call_in_line() -> None:
    with GeminiServer() as server:
        batches_of(server, True).submit(REQUESTS[:1], "a")
        batches_of(server, False).submit(REQUESTS[:1], "b")
        (in_line,) = server.batches["batches/b1"]["input"]["requests"]["requests"]
        (line,) = [json.loads(line) for line in server.files["files/f1"].splitlines()]
    assert in_line["metadata"]["key"] == line["key"] == REQUESTS[0].fingerprint
    for field in ("contents", "generationConfig"):
        assert line["request"][field] == in_line["request"][field]
    systems = [request["request"]["systemInstruction"]["parts"] for request in (line, in_line)]
    assert systems == [[{"text": "Be brief."}]] * 2


def mixed(request: dict[str, Any]) -> dict[str, Any]:
    """Pair 1 runs into a quota, pair 2 is blocked, pair 3 ends without an answer."""
    prompt = prompt_of(request)
    if "pair 1" in prompt:
        return {"error": {"code": 8, "message": f"quota of {KEY}"}}
    if "pair 2" in prompt:
        return {"response": {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}}}
    if "pair 3" in prompt:
        return {"response": {"candidates": []}}
    return sure_reply(request)


@pytest.mark.parametrize("in_line", [True, False])
def test_what_failed_is_told_request_by_request(in_line: bool) -> None:
    with GeminiServer() as server:
        server.reply_to = mixed
        batches = batches_of(server, in_line)
        name = batches.submit(REQUESTS, "x")
        server.finish()
        answers = batches.collect(name)
    found = [answers[request.fingerprint] for request in REQUESTS]
    quota, blocked, empty = found[1], found[2], found[3]
    assert isinstance(found[0], ChatReply) and isinstance(found[4], ChatReply)
    assert isinstance(quota, ProviderError) and quota.kind is ErrorKind.RATE_LIMIT
    assert KEY not in str(quota)
    assert blocked == ChatReply("", Finish.REFUSED, 4, 0)
    assert isinstance(empty, ProviderError) and empty.kind is ErrorKind.GARBAGE


def test_a_line_that_names_no_request_is_seen_and_costs_no_other_answer() -> None:
    with GeminiServer() as server:
        batches = batches_of(server, False)
        name = batches.submit(REQUESTS[:2], "x")
        server.finish()
        (results,) = [file for file in server.files if file.startswith("files/results")]
        server.files[results] += b'{"key": "cut of\n'
        answers = batches.collect(name)
    lost = answers["unreadable answer 3"]
    assert isinstance(lost, ProviderError) and lost.kind is ErrorKind.GARBAGE
    assert sum(isinstance(answer, ChatReply) for answer in answers.values()) == 2


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("RUNNING", BatchState.RUNNING),
        ("FAILED", BatchState.FAILED),
        ("CANCELLED", BatchState.CANCELLED),
        ("EXPIRED", BatchState.EXPIRED),
    ],
)
def test_every_state_is_known(said: str, state: BatchState) -> None:
    with GeminiServer() as server:
        batches = batches_of(server, True)
        name = batches.submit(REQUESTS, "x")
        server.finish(said)
        assert batches.state(name) is state


def test_what_was_not_answered_has_no_entry() -> None:
    with GeminiServer() as server:
        batches = batches_of(server, True)
        name = batches.submit(REQUESTS, "x")
        batches.cancel(name)
        assert batches.state(name) is BatchState.CANCELLED
        assert batches.collect(name) == {}


def test_a_batch_that_failed_as_a_whole_is_an_error() -> None:
    with GeminiServer() as server:
        batches = batches_of(server, True)
        name = batches.submit(REQUESTS, "x")
        server.finish("FAILED")
        with pytest.raises(ProviderError, match="failed as a whole"):
            batches.collect(name)


def test_a_batch_nobody_knows_is_no_unknown_model() -> None:
    with GeminiServer() as server, pytest.raises(ProviderError) as caught:
        batches_of(server, True).state("batches/lost")
    assert caught.value.kind is ErrorKind.BAD_REQUEST


def test_equal_requests_are_asked_once() -> None:
    with GeminiServer() as server:
        batches = batches_of(server, True)
        name = batches.submit([REQUESTS[0], REQUESTS[1], REQUESTS[0]], "x")
        assert len(server.batches[name]["input"]["requests"]["requests"]) == 2


@pytest.mark.parametrize("requests", [[], [REQUESTS[0], ChatRequest("another", "", "x", 0.0, 64)]])
def test_a_batch_is_of_one_model(requests: list[ChatRequest]) -> None:
    connection = GeminiConnection(keys_from({"GEMINI_API_KEY": KEY}))
    with pytest.raises(InvalidInput, match="one batch per model"):
        GeminiBatches(connection).submit(requests, "x")


def test_vertex_is_told_to_ask_call_by_call() -> None:
    keys = keys_from({"GOOGLE_GENAI_USE_VERTEXAI": "1", "GOOGLE_CLOUD_PROJECT": "p"})
    with pytest.raises(ValenceError, match="call by call"):
        GeminiBatches(GeminiConnection(keys))

"""The scripted model: deterministic, counted, safe for threads."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import ValenceError
from core.llm.protocol import ChatRequest, ErrorKind, Finish, ProviderError
from core.llm.scripted import ScriptedClient, scripted_reply, smallest_answer


def request(prompt: str = "Judge.", schema: dict[str, Any] | None = None) -> ChatRequest:
    return ChatRequest("any", "", prompt, 0.0, 64, schema)


def test_a_function_answers_and_calls_are_kept() -> None:
    client = ScriptedClient(lambda asked: scripted_reply(asked, asked.prompt.upper()))
    reply = client.complete(request("abcde"))
    assert (reply.text, reply.finish, reply.input_tokens, reply.output_tokens) == ("ABCDE", Finish.COMPLETE, 2, 2)
    assert (client.n_calls, client.requests) == (1, (request("abcde"),))


def test_a_list_is_used_up_in_order_and_errors_in_it_are_raised() -> None:
    good = scripted_reply(request(), "one")
    client = ScriptedClient([good, ProviderError(ErrorKind.SERVER, "down")])
    assert client.complete(request()) is good
    with pytest.raises(ProviderError, match="down"):
        client.complete(request())
    with pytest.raises(ValenceError, match="call 3"):
        client.complete(request())
    assert client.n_calls == 3


def test_threads_get_each_reply_of_a_list_once() -> None:
    replies = [scripted_reply(request(), str(number)) for number in range(200)]
    client = ScriptedClient(replies)
    with ThreadPoolExecutor(16) as pool:
        texts = {reply.text for reply in pool.map(lambda _: client.complete(request()), range(200))}
    assert texts == {reply.text for reply in replies}


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        (
            {
                "type": "object",
                "properties": {"1": {"enum": ["+", "-", "0"]}, "nonce": {"const": "k7"}, "more": {"type": "array"}},
                "required": ["1", "nonce"],
            },
            {"1": "0", "nonce": "k7"},
        ),
        ({"properties": {"a": {"type": ["number", "null"], "minimum": 3}, "b": {"enum": ["x"]}}}, {"a": 3, "b": "x"}),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["-", "-"]),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
    ],
)
def test_the_smallest_answer_fits_its_schema(schema: dict[str, Any], answer: Any) -> None:
    assert json.loads(smallest_answer(request(schema=schema)).text) == answer

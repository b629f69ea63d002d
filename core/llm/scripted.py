"""A model that says what a script says: for tests, demos and trying a page out without a key."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from core.errors import ValenceError
from core.llm.protocol import ChatReply, ChatRequest, Finish, ProviderError

Script = Callable[[ChatRequest], ChatReply | ProviderError]

_CHARACTERS_PER_TOKEN = 4


class ScriptedClient:
    """A `ChatClient` over a function of the request, or over replies given in the order of the calls.

    An error in the script is raised. Safe to call from several threads: each reply of a list is used once.
    """

    def __init__(self, script: Script | Sequence[ChatReply | ProviderError], name: str = "scripted") -> None:
        self.name = name
        self._script = script
        self._lock = Lock()
        self._requests: list[ChatRequest] = []

    @property
    def n_calls(self) -> int:
        """Calls so far, failed ones included."""
        with self._lock:
            return len(self._requests)

    @property
    def requests(self) -> tuple[ChatRequest, ...]:
        """Every request so far, in the order they came."""
        with self._lock:
            return tuple(self._requests)

    def complete(self, request: ChatRequest) -> ChatReply:
        """What the script says of this request; `ValenceError` when a list of replies is used up."""
        with self._lock:
            number = len(self._requests)
            self._requests.append(request)
        said = self._said(request, number)
        if isinstance(said, ProviderError):
            raise said
        return said

    def _said(self, request: ChatRequest, number: int) -> ChatReply | ProviderError:
        if callable(self._script):
            return self._script(request)
        if number >= len(self._script):
            raise ValenceError(
                f"The script holds {len(self._script)} replies, and this is call {number + 1}.",
                "Add a reply to the script.",
            )
        return self._script[number]


def scripted_reply(request: ChatRequest, text: str, finish: Finish = Finish.COMPLETE) -> ChatReply:
    """A reply with a token usage of one token per four characters, rounded up, of the request and of `text`."""
    n_input = math.ceil(len(request.system + request.prompt) / _CHARACTERS_PER_TOKEN)
    return ChatReply(text, finish, n_input, math.ceil(len(text) / _CHARACTERS_PER_TOKEN))


def smallest_answer(request: ChatRequest) -> ChatReply:
    """The script of a demo: the smallest JSON that fits the request's schema, "0" where a choice offers it."""
    text = "ok" if request.schema is None else json.dumps(_smallest(request.schema))
    return scripted_reply(request, text)


def _smallest(schema: Mapping[str, Any]) -> Any:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return "0" if "0" in schema["enum"] else schema["enum"][0]
    if "anyOf" in schema:
        return _smallest(schema["anyOf"][0])
    kind = schema.get("type", "object" if "properties" in schema else "null")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _smallest(properties.get(name, {})) for name in schema.get("required", properties)}
    if kind == "array":
        return [_smallest(schema.get("items", {}))] * int(schema.get("minItems", 0))
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return {"string": "-", "boolean": True}.get(str(kind))

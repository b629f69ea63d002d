"""Providers that answer every kind of prompt, pairs by the offline judge's rules, behind both wire protocols."""

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

from core.catalogue.model import Attribute
from core.graph.judges.offline import offline_judge
from tests.fakes.gemini_server import GeminiServer
from tests.fakes.wire_server import Answer, Asked, WireServer

_LINE = re.compile(
    r'^(?:\[(\d+)\] )?("(?:[^"\\]|\\.)*") \(modality ("(?:[^"\\]|\\.)*"), type ("(?:[^"\\]|\\.)*")\)', re.M
)
_MARK = re.compile(r'[Mm]ark of this call: "([a-z]{8})"')


class KnowingProvider:
    """Use `server` as a context manager; `base_url` is what a client is told. `fail` may answer a call otherwise.

    It has no embeddings, and says so.
    """

    def __init__(self, fail: Callable[[int], Answer | None] = lambda _: None) -> None:
        self._judge = offline_judge()
        self._numbers = itertools.count()
        self._fail = fail
        self.server = WireServer(self._respond)
        self.n_answered = 0

    @property
    def base_url(self) -> str:
        return f"{self.server.url}/v1"

    def _respond(self, asked: Asked) -> Answer:
        if failure := self._fail(next(self._numbers)):
            return failure
        if asked.path.endswith("/embeddings"):
            return Answer.of({"error": {"message": "This model makes no embeddings."}}, 400)
        request = asked.json
        text = json.dumps(self.answer(request["messages"][-1]["content"], _schema(request)))
        self.n_answered += 1
        return Answer.of(
            {
                "id": "x",
                "object": "chat.completion",
                "created": 0,
                "model": request["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
            }
        )

    def answer(self, prompt: str, schema: dict[str, Any]) -> dict[str, Any]:
        if "Primary attribute:" in prompt:
            return self._signs(prompt)
        properties = schema["properties"]
        return {name: _sensible(name, kind, prompt) for name, kind in properties.items()}

    def _signs(self, prompt: str) -> dict[str, Any]:
        lines = [(number, *map(json.loads, rest)) for number, *rest in _LINE.findall(prompt)]
        ends = [Attribute(value, value, modality, kind) for _, value, modality, kind in lines]
        primary, targets = ends[0], ends[1:]
        verdicts = self._judge.verdicts(primary, targets)
        symbols = [v.outcome.symbol if v.outcome.symbol != "?" else "0" for v in verdicts]
        return {"batch": _mark(prompt), **{str(n): symbol for n, symbol in enumerate(symbols, start=1)}}


def _schema(request: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = request["response_format"]["json_schema"]["schema"]
    return schema


def _mark(prompt: str) -> str:
    found = _MARK.search(prompt)
    assert found, prompt
    return found[1]


def _sensible(name: str, kind: dict[str, Any], prompt: str) -> Any:
    if name == "batch":
        return _mark(prompt)
    if kind.get("type") == "array":
        return ["one", "two", "three"][: kind.get("maxItems", 3)]
    return "A plain text." if kind.get("type") == "string" else 7.5  # a score that no pair inherits


class KnowingGemini(GeminiServer):
    """The same behind Gemini's wire protocol, for single calls and for batches."""

    def __init__(self) -> None:
        super().__init__()
        self._knowing = KnowingProvider()
        self.reply_to = self._reply
        self.n_live = 0

    def _respond(self, asked: Asked) -> Answer:
        if ":generateContent" not in asked.path:
            return super()._respond(asked)
        self.n_live += 1
        return Answer.of(self._reply(asked.json)["response"])

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        prompt = request["contents"][0]["parts"][0]["text"]
        config = request["generationConfig"]
        schema = config.get("responseJsonSchema") or config.get("responseSchema") or {"properties": {}}
        answer = json.dumps(self._knowing.answer(prompt, schema))
        return {
            "response": {
                "candidates": [{"content": {"role": "model", "parts": [{"text": answer}]}, "finishReason": "STOP"}],
                "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
                "modelVersion": "knowing-1",
            }
        }

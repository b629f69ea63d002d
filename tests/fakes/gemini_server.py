"""What llmock lacks of Gemini: embeddings that differ by text, files, and batches that end when a test says so."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from tests.fakes.wire_server import Answer, Asked, WireServer

Reply = Callable[
    [dict[str, Any]], dict[str, Any]
]  # a generateContent request to `{"response": ...}` or `{"error": ...}`


def sure_reply(request: dict[str, Any]) -> dict[str, Any]:
    """Repeats the prompt as the answer, with a token usage."""
    text = request["contents"][0]["parts"][0]["text"]
    return {
        "response": {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": f"said: {text}"}]}, "finishReason": "STOP"}
            ],
            "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3, "totalTokenCount": 10},
            "modelVersion": "fake-1",
            "aFieldNewerThanTheLibrary": True,
        }
    }


class GeminiServer(WireServer):
    """Set `vector_of` and `reply_to` to misbehave; call `finish(state)` to end every batch."""

    def __init__(self) -> None:
        super().__init__(self._respond)
        self.vector_of: Callable[[str, int], list[Any]] = text_vector
        self.reply_to: Reply = sure_reply
        self.batches: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}

    def finish(self, state: str = "SUCCEEDED") -> None:
        """End every batch in `state`; one that succeeded has its answers, in reverse order."""
        for batch in self.batches.values():
            batch["metadata"]["state"] = f"BATCH_STATE_{state}"
            if state == "SUCCEEDED":
                batch["metadata"]["output"] = self._output(batch["input"])

    def _respond(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        routes: list[tuple[str, Callable[[Asked, str], Answer]]] = [
            (r"/v1beta/models/(?P<name>[^:]+):batchEmbedContents", self._embed),
            (r"/v1beta/models/(?P<name>[^:]+):batchGenerateContent", self._create_batch),
            (r"/v1beta/(?P<name>batches/[^:/]+)", self._get_batch),
            (r"/v1beta/(?P<name>batches/[^:/]+):cancel", self._cancel_batch),
            (r"/upload/v1beta/(?P<name>files)", self._start_upload),
            (r"/upload-here/(?P<name>.+)", self._finish_upload),
            (r"/v1beta/(?P<name>files/[^:/]+):download", self._download),
        ]
        for pattern, serve in routes:
            match = re.fullmatch(pattern, path)
            if match:
                return serve(asked, match["name"])
        return Answer.of({"error": {"code": 404, "message": f"no route {path}", "status": "NOT_FOUND"}}, 404)

    def _embed(self, asked: Asked, _model: str) -> Answer:
        requests = asked.json["requests"]
        return Answer.of(
            {
                "embeddings": [
                    {"values": self.vector_of(one["content"]["parts"][0]["text"], one.get("outputDimensionality", 16))}
                    for one in requests
                ]
            }
        )

    def _create_batch(self, asked: Asked, model: str) -> Answer:
        name = f"batches/b{len(self.batches) + 1}"
        batch = asked.json["batch"]
        metadata = {"state": "BATCH_STATE_PENDING", "displayName": batch["displayName"], "model": model}
        self.batches[name] = {"name": name, "metadata": metadata, "input": batch["inputConfig"]}
        return Answer.of(self._public(name))

    def _get_batch(self, _asked: Asked, name: str) -> Answer:
        if name not in self.batches:
            return Answer.of({"error": {"code": 404, "message": "batch not found", "status": "NOT_FOUND"}}, 404)
        return Answer.of(self._public(name))

    def _cancel_batch(self, _asked: Asked, name: str) -> Answer:
        self.batches[name]["metadata"]["state"] = "BATCH_STATE_CANCELLED"
        return Answer.of({})

    def _start_upload(self, asked: Asked, _name: str) -> Answer:
        assert asked.headers["x-goog-upload-protocol"] == "resumable"
        return Answer.of({}, x_goog_upload_url=f"{self.url}/upload-here/f{len(self.files) + 1}")

    def _finish_upload(self, asked: Asked, name: str) -> Answer:
        self.files[f"files/{name}"] = asked.body
        return Answer.of({"file": {"name": f"files/{name}"}}, x_goog_upload_status="final")

    def _download(self, _asked: Asked, name: str) -> Answer:
        return Answer(body=self.files[name], headers={"content-type": "application/octet-stream"})

    def _public(self, name: str) -> dict[str, Any]:
        return {key: value for key, value in self.batches[name].items() if key != "input"}

    def _output(self, source: dict[str, Any]) -> dict[str, Any]:
        if "fileName" not in source:
            requests = source["requests"]["requests"]
            answers = [{**self.reply_to(one["request"]), "metadata": one["metadata"]} for one in reversed(requests)]
            return {"inlinedResponses": {"inlinedResponses": answers}}
        lines = [json.loads(line) for line in self.files[source["fileName"]].splitlines()]
        answers = [{"key": one["key"], **self.reply_to(one["request"])} for one in reversed(lines)]
        name = f"files/results{len(self.files)}"
        self.files[name] = "".join(json.dumps(one) + "\n" for one in answers).encode()
        return {"responsesFile": name}


def text_vector(text: str, dimensions: int) -> list[float]:
    """A vector that only this text has, of a length that is not 1."""
    seed = hashlib.sha256(text.encode()).digest()
    return [seed[position % len(seed)] - 127.5 + position for position in range(dimensions)]

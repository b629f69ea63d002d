"""Gemini's Batch API: half the price, answered within a day. Small batches go in line, large ones as a file."""

import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from core.errors import InvalidInput, Problem, ValenceError
from core.llm.batches import BatchState
from core.llm.gemini_connection import PROVIDER, GeminiConnection
from core.llm.gemini_replies import generation_config, reply_of, wire_request
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, ProviderError
from core.llm.wire_errors import Endpoint, provider_errors, status_error

if TYPE_CHECKING:
    from google.genai import types

INLINE_LIMIT_BYTES = 8_000_000  # the provider refuses requests beyond 20 MB; the rest is room for its own wrapping
_KEY = "key"
_LINES_TYPE = "application/jsonl"

_STATES: Final[Mapping[str, BatchState]] = {
    "JOB_STATE_QUEUED": BatchState.PENDING,
    "JOB_STATE_PENDING": BatchState.PENDING,
    "JOB_STATE_RUNNING": BatchState.RUNNING,
    "JOB_STATE_CANCELLING": BatchState.RUNNING,
    "JOB_STATE_PAUSED": BatchState.RUNNING,
    "JOB_STATE_UPDATING": BatchState.RUNNING,
    "JOB_STATE_SUCCEEDED": BatchState.SUCCEEDED,
    "JOB_STATE_PARTIALLY_SUCCEEDED": BatchState.SUCCEEDED,
    "JOB_STATE_FAILED": BatchState.FAILED,
    "JOB_STATE_CANCELLED": BatchState.CANCELLED,
    "JOB_STATE_EXPIRED": BatchState.EXPIRED,
}

# Errors of single answers carry a google.rpc.Code, or an HTTP status.
_HTTP_OF_RPC: Final[Mapping[int, int]] = {
    1: 499,
    3: 400,
    4: 504,
    5: 404,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 501,
    13: 500,
    14: 503,
    16: 401,
}


class GeminiBatches:
    """A `BatchClient` over one connection with an API key; `ValenceError` for Vertex AI, which wants buckets."""

    name = PROVIDER

    def __init__(self, connection: GeminiConnection, inline_limit_bytes: int = INLINE_LIMIT_BYTES) -> None:
        if connection.is_vertex:
            raise ValenceError(
                "Batches are offered with a Gemini API key only: Vertex AI takes them from storage buckets.",
                "Use an API key, or ask call by call.",
            )
        self._connection = connection
        self._inline_limit_bytes = inline_limit_bytes

    def submit(self, requests: Sequence[ChatRequest], display_name: str) -> str:
        """Hand the requests in, keyed by fingerprint, and return the batch's name; equal requests are asked once.

        `InvalidInput` for no request or for several models; `ProviderError` for every other failure.
        """
        by_key = {request.fingerprint: request for request in requests}
        model = _one_model(by_key.values())
        lines = b"".join(_line(key, request) for key, request in by_key.items())
        endpoint = self._connection.endpoint(model)
        with provider_errors(endpoint):
            from google.genai import types

            source = _in_line(by_key) if len(lines) <= self._inline_limit_bytes else self._upload(lines, display_name)
            job = self._connection.client.batches.create(
                model=model, src=source, config=types.CreateBatchJobConfig(display_name=display_name)
            )
        if not job.name:
            raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} took the batch but gave it no name.")
        return job.name

    def state(self, name: str) -> BatchState:
        """How far the batch is; `ProviderError` where the provider does not know it or cannot be asked."""
        return _state(self._job(name), self._connection.endpoint())

    def collect(self, name: str) -> Mapping[str, ChatReply | ProviderError]:
        """Answers by request fingerprint; a request without an entry was not answered.

        An answer that names no request stands under its place (`unreadable answer 17`), so that it is seen.
        `ValenceError` while the batch runs; `ProviderError` where it failed as a whole.
        """
        endpoint = self._connection.endpoint()
        job = self._job(name)
        state = _state(job, endpoint)
        if not state.has_ended:
            raise ValenceError(f"The batch {name} is {state.value}.", "Collect its answers when it has ended.")
        answers = self._answers(job, endpoint)
        if state is BatchState.FAILED and not answers:
            said = job.error.message if job.error and job.error.message else "without giving a reason"
            raise endpoint.error(ErrorKind.BAD_REQUEST, f"The batch {name} failed as a whole: {said}.")
        return answers

    def cancel(self, name: str) -> None:
        """Stop the batch; what was answered before may still be collected and is paid for."""
        with provider_errors(self._connection.endpoint()):
            self._connection.client.batches.cancel(name=name)

    def _job(self, name: str) -> "types.BatchJob":
        with provider_errors(self._connection.endpoint()):
            return self._connection.client.batches.get(name=name)

    def _upload(self, lines: bytes, display_name: str) -> "types.BatchJobSource":
        from google.genai import types

        config = types.UploadFileConfig(display_name=display_name, mime_type=_LINES_TYPE)
        file = self._connection.client.files.upload(file=io.BytesIO(lines), config=config)
        return types.BatchJobSource(file_name=file.name)

    def _answers(self, job: "types.BatchJob", endpoint: Endpoint) -> dict[str, ChatReply | ProviderError]:
        if job.dest is None:
            return {}
        if job.dest.file_name:
            with provider_errors(endpoint):
                text = self._connection.client.files.download(file=job.dest.file_name).decode("utf-8")
            return dict(_answer_of_line(line, n, endpoint) for n, line in _numbered(text))
        inlined = job.dest.inlined_responses or []
        return dict(_answer_in_line(one, number, endpoint) for number, one in enumerate(inlined, start=1))


def _one_model(requests: "Sequence[ChatRequest] | Any") -> str:
    models = sorted({request.model for request in requests})
    if len(models) != 1:
        said = f"It asks {len(models)} models: {', '.join(models)}." if models else "It holds no request."
        raise InvalidInput("A batch", [Problem(said, "Submit one batch per model.")])
    return models[0]


def _line(key: str, request: ChatRequest) -> bytes:
    return json.dumps({_KEY: key, "request": wire_request(request)}).encode() + b"\n"


def _in_line(by_key: Mapping[str, ChatRequest]) -> "types.BatchJobSource":
    from google.genai import types

    return types.BatchJobSource(
        inlined_requests=[
            types.InlinedRequest(contents=request.prompt, metadata={_KEY: key}, config=generation_config(request))
            for key, request in by_key.items()
        ]
    )


def _state(job: "types.BatchJob", endpoint: Endpoint) -> BatchState:
    said = job.state.value if job.state else "no state"
    if said not in _STATES:
        raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} says of the batch {job.name}: {said}.")
    return _STATES[said]


def _numbered(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]


def _answer_of_line(line: str, number: int, endpoint: Endpoint) -> tuple[str, ChatReply | ProviderError]:
    """Key and answer of one line of a results file: `{"key": ..., "response": {...}}` or `{..., "error": {...}}`."""
    key = _place(number)
    try:
        with provider_errors(endpoint):
            record = json.loads(line)
            key = str(record[_KEY])
            if "error" in record:
                return key, _error_of(record["error"].get("code"), record["error"].get("message"), endpoint)
            return key, reply_of(record["response"], endpoint)
    except ProviderError as error:
        return key, error


def _answer_in_line(
    one: "types.InlinedResponse", number: int, endpoint: Endpoint
) -> tuple[str, ChatReply | ProviderError]:
    key = (one.metadata or {}).get(_KEY, _place(number))
    if one.error is not None:
        return key, _error_of(one.error.code, one.error.message, endpoint)
    if one.response is None:
        return key, endpoint.error(ErrorKind.GARBAGE, f"Answer {number} of the batch is empty.")
    try:
        return key, reply_of(one.response, endpoint)
    except ProviderError as error:
        return key, error


def _error_of(code: int | None, message: str | None, endpoint: Endpoint) -> ProviderError:
    status = _HTTP_OF_RPC.get(code or 0, code or 500)
    return status_error(status, {}, json.dumps({"error": {"message": message or "no reason given"}}), endpoint)


def _place(number: int) -> str:
    return f"unreadable answer {number}"

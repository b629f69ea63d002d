"""Any server that speaks the OpenAI protocol: Ollama, vLLM, llama.cpp, LM Studio, a gateway, OpenAI itself."""

from typing import Any, Final

from pydantic import BaseModel, ValidationError

from core.llm.openai_connection import PROVIDER, OpenAiConnection
from core.llm.openai_dialect import Dialect, Dialects, next_dialect
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from core.llm.wire_errors import Endpoint, provider_errors, unreadable

# Beside the protocol's own words, those that known servers use instead.
_FINISHES: Final = {
    "stop": Finish.COMPLETE,
    "eos": Finish.COMPLETE,
    "eos_token": Finish.COMPLETE,
    "end_turn": Finish.COMPLETE,
    "stop_sequence": Finish.COMPLETE,
    "length": Finish.TRUNCATED,
    "max_tokens": Finish.TRUNCATED,
    "model_length": Finish.TRUNCATED,
    "content_filter": Finish.REFUSED,
}


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Answer(BaseModel):
    """What is read of a chat completion; servers differ in all the rest."""

    choices: list[_Choice]
    usage: _Usage | None = None


class OpenAiCompatibleClient:
    """A `ChatClient` over one connection.

    How JSON is asked for is found out at a model's first request: a form that the server refuses (which costs
    nothing) is replaced by the next weaker one, and what worked is used from then on.
    """

    name = PROVIDER

    def __init__(self, connection: OpenAiConnection) -> None:
        self._connection = connection
        self._dialects = Dialects()

    def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one prompt with one call beside those refused for their form; every failure is a `ProviderError`."""
        endpoint = self._connection.endpoint(request.model)
        known = dialect = self._dialects.of(request.model)
        while True:
            try:
                text = self._ask(request, dialect, endpoint)
            except ProviderError as error:
                weaker = next_dialect(dialect, request.schema is not None, error)
                if weaker is None:
                    raise
                dialect = weaker
            else:
                if dialect != known:
                    self._dialects.remember(request.model, dialect)
                return _reply_of(text, endpoint)

    def dialect(self, model: str) -> Dialect:
        """How the model is addressed by now, for a page that shows it."""
        return self._dialects.of(model)

    def _ask(self, request: ChatRequest, dialect: Dialect, endpoint: Endpoint) -> str:
        messages = [("system", request.system)] if request.system else []
        messages.append(("user", request.prompt))
        body: dict[str, Any] = {dialect.limit_field: request.max_output_tokens}
        response_format = dialect.response_format(request.schema)
        if response_format is not None:
            body["response_format"] = response_format
        with provider_errors(endpoint):
            answer = self._connection.client.chat.completions.with_raw_response.create(
                model=request.model,
                messages=[{"role": role, "content": content} for role, content in messages],  # type: ignore[misc]
                temperature=request.temperature,
                extra_body=body,
            )
            return answer.http_response.text


def _reply_of(text: str, endpoint: Endpoint) -> ChatReply:
    try:
        answer = _Answer.model_validate_json(text)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise unreadable(text, endpoint) from None
        message = f"{endpoint.label} answered with JSON that is no chat completion: {error.errors()[0]['msg']}."
        raise endpoint.error(ErrorKind.GARBAGE, message) from None
    if not answer.choices:
        raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} answered without any choice.")
    choice = answer.choices[0]
    if not choice.message.refusal and choice.finish_reason not in _FINISHES:
        reason = choice.finish_reason or "no finish reason"
        raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} ended its answer with {reason}.")
    finish = Finish.REFUSED if choice.message.refusal else _FINISHES[choice.finish_reason or ""]
    usage = answer.usage or _Usage()
    return ChatReply(choice.message.content or "", finish, usage.prompt_tokens, usage.completion_tokens)

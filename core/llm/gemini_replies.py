"""Requests and replies of Gemini: what is sent, and what an answer means. Used for single calls and for batches."""

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish
from core.llm.wire_errors import Endpoint, provider_errors

if TYPE_CHECKING:
    from google.genai import types

_FINISHES: Final = {
    "STOP": Finish.COMPLETE,
    "MAX_TOKENS": Finish.TRUNCATED,
    "CONTINUATION": Finish.TRUNCATED,
    "SAFETY": Finish.REFUSED,
    "RECITATION": Finish.REFUSED,
    "LANGUAGE": Finish.REFUSED,
    "BLOCKLIST": Finish.REFUSED,
    "PROHIBITED_CONTENT": Finish.REFUSED,
    "SPII": Finish.REFUSED,
    "OTHER": Finish.REFUSED,
    "ESCALATION": Finish.REFUSED,
    "MODEL_ARMOR": Finish.REFUSED,
    "IMAGE_SAFETY": Finish.REFUSED,
}


def generation_config(request: ChatRequest) -> "types.GenerateContentConfig":
    """Everything of a request but model and prompt, as google-genai takes it; one request is one call to the server."""
    from google.genai import types

    return types.GenerateContentConfig(
        system_instruction=request.system or None,
        temperature=request.temperature,
        max_output_tokens=request.max_output_tokens,
        response_mime_type="application/json" if request.schema is not None else None,
        response_json_schema=request.schema,
        # Both would send further requests by themselves, which no budget has reserved.
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
    )


def wire_request(request: ChatRequest) -> dict[str, Any]:
    """The request as the JSON of Gemini's REST interface, for the lines of a batch file."""
    generation: dict[str, Any] = {
        "temperature": request.temperature,
        "maxOutputTokens": request.max_output_tokens,
    }
    if request.schema is not None:
        generation |= {"responseMimeType": "application/json", "responseJsonSchema": request.schema}
    body: dict[str, Any] = {
        "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        "generationConfig": generation,
    }
    if request.system:
        body["systemInstruction"] = {"parts": [{"text": request.system}]}
    return body


class _Read(BaseModel):
    """A part of an answer, read from google-genai's objects or from the REST interface's JSON; the rest is skipped."""

    model_config = ConfigDict(from_attributes=True, alias_generator=to_camel, populate_by_name=True)


class _Part(_Read):
    text: str | None = None
    thought: bool | None = None


class _Content(_Read):
    parts: list[_Part] | None = None


class _Candidate(_Read):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(_Read):
    block_reason: str | None = None


class _Usage(_Read):
    prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Answer(_Read):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None


def reply_of(response: "types.GenerateContentResponse | dict[str, Any]", endpoint: Endpoint) -> ChatReply:
    """The reply in a response; `ProviderError` (GARBAGE) without a candidate or with an end that means no answer.

    A blocked prompt is a refused reply. Output tokens include the model's thoughts, which are billed as output.
    """
    with provider_errors(endpoint):
        answer = _Answer.model_validate(response)
    usage = answer.usage_metadata
    input_tokens = usage.prompt_token_count if usage else None
    # The wire format leaves zeros out: with a usage record, a count that is not there is zero.
    output_tokens = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0) if usage else None
    if not answer.candidates:
        if answer.prompt_feedback is None or answer.prompt_feedback.block_reason is None:
            raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} answered without any candidate.")
        return ChatReply("", Finish.REFUSED, input_tokens, output_tokens)
    candidate = answer.candidates[0]
    reason = candidate.finish_reason or "no finish reason"
    if reason not in _FINISHES:
        raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} ended its answer with {reason}.")
    parts = (candidate.content.parts if candidate.content else None) or []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    return ChatReply(text, _FINISHES[reason], input_tokens, output_tokens)

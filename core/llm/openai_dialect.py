"""What a server of the OpenAI protocol understands: found out from its refusals, remembered per model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from threading import Lock
from typing import Any, Final

from core.llm.protocol import ErrorKind, ProviderError


class JsonMode(StrEnum):
    """Ways of asking for JSON, strictest first; each is tried when the server refuses the one before."""

    SCHEMA = "json_schema"
    OBJECT_WITH_SCHEMA = "json_object with a schema"
    OBJECT = "json_object"
    PROMPT_ONLY = "the prompt alone"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one model is addressed. `limit_field`: the name of the field that limits the output."""

    json_mode: JsonMode = JsonMode.SCHEMA
    limit_field: str = "max_tokens"

    def response_format(self, schema: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The `response_format` of a request, None where it goes without one."""
        if schema is None or self.json_mode is JsonMode.PROMPT_ONLY:
            return None
        if self.json_mode is JsonMode.SCHEMA:
            return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        if self.json_mode is JsonMode.OBJECT_WITH_SCHEMA:
            return {"type": "json_object", "schema": schema}
        return {"type": "json_object"}


class Dialects:
    """The dialect that worked for each model; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._worked: dict[str, Dialect] = {}

    def of(self, model: str) -> Dialect:
        """What worked for the model before, or the strictest."""
        with self._lock:
            return self._worked.get(model, Dialect())

    def remember(self, model: str, dialect: Dialect) -> None:
        """Note what the model's server has accepted."""
        with self._lock:
            self._worked[model] = dialect


_MODES: Final = tuple(JsonMode)
_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "json schema", "structured output", "grammar")
_OTHER_LIMIT = "max_completion_tokens"


def next_dialect(refused: Dialect, has_schema: bool, error: ProviderError) -> Dialect | None:
    """What to try after a refusal that concerns the request's form; None where it concerns something else.

    Old llama.cpp servers refuse an unknown format with 500, so a server error that names the format counts too.
    """
    if error.kind not in (ErrorKind.BAD_REQUEST, ErrorKind.SERVER):
        return None
    said = error.message.lower()
    if _OTHER_LIMIT in said and refused.limit_field != _OTHER_LIMIT:
        return replace(refused, limit_field=_OTHER_LIMIT)
    mode = _MODES.index(refused.json_mode)
    if has_schema and mode + 1 < len(_MODES) and any(word in said for word in _FORMAT_WORDS):
        return replace(refused, json_mode=_MODES[mode + 1])
    return None

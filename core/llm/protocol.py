"""What Valence asks of a language model: one prompt answered, texts embedded, and failures of one shape."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.fingerprint import content_id


class Finish(StrEnum):
    """Why a reply ended. `truncated`: the output limit was reached; `refused`: the provider blocked the answer."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    REFUSED = "refused"


class ErrorKind(StrEnum):
    """What went wrong with a call, and so what can be done about it."""

    RATE_LIMIT = "rate limit"
    TIMEOUT = "timeout"
    SERVER = "server"
    GARBAGE = "unreadable answer"
    BAD_REQUEST = "bad request"
    AUTH = "key refused"
    UNKNOWN_MODEL = "unknown model"
    UNREACHABLE = "unreachable"

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later; all others are permanent."""
        return self in (ErrorKind.RATE_LIMIT, ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.GARBAGE)


class ProviderError(ValenceError):
    """A failed call, whatever library made it. `retry_after_s`: seconds the provider asked to wait, where it did.

    `ends_run`: no further call of the run is of use. A permanent failure always ends it; one that may pass does so
    where the caller says that it has lasted too long.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        fix: str = "",
        retry_after_s: float | None = None,
        *,
        ends_run: bool = False,
    ) -> None:
        super().__init__(message, fix)
        self.kind = kind
        self.retry_after_s = retry_after_s
        self.ends_run = ends_run or not kind.may_pass


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One prompt with everything that shapes its answer.

    `schema`: the JSON schema the answer must follow, or None. `endpoint`: who is asked, since two servers may call
    different models by one name.
    """

    model: str
    system: str
    prompt: str
    temperature: float
    max_output_tokens: int
    schema: dict[str, Any] | None = field(default=None, hash=False)
    endpoint: str = ""

    @property
    def fingerprint(self) -> str:
        """Content id of the request: the key of its answer in the answer log."""
        return content_id(
            "chat-request",
            {
                "model": self.model,
                "system": self.system,
                "prompt": self.prompt,
                "temperature": self.temperature,
                "max_output_tokens": self.max_output_tokens,
                "schema": self.schema,
                "endpoint": self.endpoint,
            },
        )


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came back: raw text, why it ended, and the tokens the provider counted (None where it did not say)."""

    text: str
    finish: Finish
    input_tokens: int | None
    output_tokens: int | None


class ChatClient(Protocol):
    """One provider. Safe to call from several threads at once; never retries by itself."""

    @property
    def name(self) -> str:
        """Provider's name, recorded with every answer."""
        ...

    def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one prompt; every failure is a `ProviderError`."""
        ...


class EmbeddingTask(StrEnum):
    """What vectors are for; providers that know no tasks ignore it."""

    CLUSTERING = "CLUSTERING"
    CLASSIFICATION = "CLASSIFICATION"
    SEMANTIC_SIMILARITY = "SEMANTIC_SIMILARITY"


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Short name, recorded with what was made from the vectors."""
        ...

    @property
    def fingerprint(self) -> str:
        """Content id of everything that shapes the vectors (model, its digest, task, dimensions)."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised vector per text, float32 [N, D]; `ProviderError` or `ValenceError` when it cannot."""
        ...

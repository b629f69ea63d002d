"""The providers on offer, by name, and a test of the connection to one."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core.errors import InvalidInput, Problem, ValenceError
from core.llm.batches import BatchClient
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.gemini import GeminiClient
from core.llm.gemini_batches import GeminiBatches
from core.llm.gemini_connection import GeminiConnection
from core.llm.gemini_embedder import GeminiEmbedder
from core.llm.keys import Keys, environment_keys
from core.llm.openai_compatible import OpenAiCompatibleClient
from core.llm.openai_connection import OpenAiConnection
from core.llm.openai_embedder import OpenAiEmbedder
from core.llm.protocol import ChatClient, ChatRequest, Embedder, Finish
from core.llm.scripted import ScriptedClient, smallest_answer
from core.llm.settings import ModelSettings

_TEST_PROMPT = 'Answer with the JSON object {"ok": true} and nothing else.'
_TEST_SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
_TEST_OUTPUT_TOKENS = 256  # room for a model that thinks before it answers


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """What one tiny call told: whether an answer came, after how long, and for how many tokens; else what to do.

    Tokens are None where the provider did not count them. `problem` and `fix` are empty where `ok`.
    """

    ok: bool
    provider: str
    model: str
    seconds: float
    input_tokens: int | None = None
    output_tokens: int | None = None
    problem: str = ""
    fix: str = ""


def _gemini(settings: ModelSettings, keys: Keys) -> ChatClient:
    return GeminiClient(GeminiConnection(keys, settings.base_url, settings.timeout_s))


def _openai_compatible(settings: ModelSettings, keys: Keys) -> ChatClient:
    return OpenAiCompatibleClient(OpenAiConnection(keys, settings.base_url, settings.timeout_s))


def _scripted(_settings: ModelSettings, _keys: Keys) -> ChatClient:
    return ScriptedClient(smallest_answer)


def _offline_embedder(_settings: EmbeddingSettings, _keys: Keys) -> Embedder:
    from core.llm.minilm import MiniLmEmbedder

    return MiniLmEmbedder()


def _gemini_embedder(settings: EmbeddingSettings, keys: Keys) -> Embedder:
    return GeminiEmbedder(GeminiConnection(keys, settings.base_url, settings.timeout_s), settings)


def _openai_embedder(settings: EmbeddingSettings, keys: Keys) -> Embedder:
    return OpenAiEmbedder(OpenAiConnection(keys, settings.base_url, settings.timeout_s), settings)


def _gemini_batches(settings: ModelSettings, keys: Keys) -> BatchClient:
    return GeminiBatches(GeminiConnection(keys, settings.base_url, settings.timeout_s))


CHAT_CLIENTS: Final[Mapping[str, Callable[[ModelSettings, Keys], ChatClient]]] = {
    "gemini": _gemini,
    "openai-compatible": _openai_compatible,
    "scripted": _scripted,
}
EMBEDDERS: Final[Mapping[str, Callable[[EmbeddingSettings, Keys], Embedder]]] = {
    "offline": _offline_embedder,
    "gemini": _gemini_embedder,
    "openai-compatible": _openai_embedder,
}
BATCH_CLIENTS: Final[Mapping[str, Callable[[ModelSettings, Keys], BatchClient]]] = {"gemini": _gemini_batches}


def make_client(settings: ModelSettings, keys: Keys | None = None) -> ChatClient:
    """The client of the settings' provider, without calling it; keys come from the environment unless given.

    `InvalidInput` for a base URL that is none, `ProviderError` (AUTH) for a key that is needed and missing.
    """
    return CHAT_CLIENTS[settings.provider](settings, keys or environment_keys())


def make_embedder(settings: EmbeddingSettings, keys: Keys | None = None) -> Embedder:
    """The embedder of the settings' provider, without calling it; errors as of `make_client`."""
    return EMBEDDERS[settings.provider](settings, keys or environment_keys())


def make_batch_client(settings: ModelSettings, keys: Keys | None = None) -> BatchClient:
    """The batch client of the settings' provider; `InvalidInput` for one without batches, else as `make_client`."""
    if settings.provider not in BATCH_CLIENTS:
        problem = Problem(
            f"{settings.provider} offers no batches.",
            f"Choose {' or '.join(BATCH_CLIENTS)}, or ask call by call.",
            field="provider",
        )
        raise InvalidInput("A batch", [problem])
    return BATCH_CLIENTS[settings.provider](settings, keys or environment_keys())


def test_connection(settings: ModelSettings, keys: Keys | None = None) -> ConnectionReport:
    """Make one tiny call with these settings and report how it went; raises nothing that a person can mend."""
    request = ChatRequest(
        model=settings.model,
        system="",
        prompt=_TEST_PROMPT,
        temperature=settings.temperature,
        max_output_tokens=min(settings.max_output_tokens, _TEST_OUTPUT_TOKENS),
        schema=_TEST_SCHEMA,
    )
    start_s = time.perf_counter()
    try:
        reply = make_client(settings, keys).complete(request)
    except ValenceError as error:
        seconds = time.perf_counter() - start_s
        return ConnectionReport(False, settings.provider, settings.model, seconds, problem=error.message, fix=error.fix)
    seconds = time.perf_counter() - start_s
    refused = reply.finish is Finish.REFUSED
    return ConnectionReport(
        ok=not refused,
        provider=settings.provider,
        model=settings.model,
        seconds=seconds,
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        problem="The provider refused to answer a harmless question." if refused else "",
        fix="Choose another model." if refused else "",
    )

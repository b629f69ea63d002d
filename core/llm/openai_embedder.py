"""Vectors from any server that speaks the OpenAI protocol (`/v1/embeddings`)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from core.fingerprint import content_id
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.openai_connection import PROVIDER, OpenAiConnection
from core.llm.protocol import ErrorKind
from core.llm.vectors import embed_in_batches
from core.llm.wire_errors import Endpoint, provider_errors, unreadable


class _Vector(BaseModel):
    index: int
    embedding: list[float | None]


class _Answer(BaseModel):
    """What is read of an embeddings answer; servers differ in all the rest."""

    data: list[_Vector]


class OpenAiEmbedder:
    """An `Embedder` over one connection. The protocol knows no tasks; dimensions are sent only where they are set."""

    name = PROVIDER

    def __init__(self, connection: OpenAiConnection, settings: EmbeddingSettings) -> None:
        self._connection = connection
        self._settings = settings
        address = connection.endpoint().base_url  # two servers may give one name to two models
        self.fingerprint = content_id("openai-embedder", [address, settings.model, settings.dimensions])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised vector per text, float32 [N, D], as `embed_in_batches` has it."""
        endpoint = self._connection.endpoint(self._settings.model)
        return embed_in_batches(texts, self._settings.batch_size, self._settings.dimensions, self._vectors, endpoint)

    def _vectors(self, texts: Sequence[str]) -> Sequence[Sequence[float | None]]:
        endpoint = self._connection.endpoint(self._settings.model)
        dimensions = {} if self._settings.dimensions is None else {"dimensions": self._settings.dimensions}
        with provider_errors(endpoint):
            answer = self._connection.client.embeddings.with_raw_response.create(
                model=self._settings.model, input=list(texts), encoding_format="float", extra_body=dimensions
            )
            return _in_order(_read(answer.http_response.text, endpoint), endpoint)


def _read(text: str, endpoint: Endpoint) -> list[_Vector]:
    try:
        return _Answer.model_validate_json(text).data
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise unreadable(text, endpoint) from None
        message = f"{endpoint.label} answered with JSON that holds no vectors: {error.errors()[0]['msg']}."
        raise endpoint.error(ErrorKind.GARBAGE, message) from None


def _in_order(vectors: list[_Vector], endpoint: Endpoint) -> list[list[float | None]]:
    ordered = sorted(vectors, key=lambda vector: vector.index)
    if [vector.index for vector in ordered] != list(range(len(ordered))):
        raise endpoint.error(ErrorKind.GARBAGE, f"{endpoint.label} numbered its vectors with gaps or twice.")
    return [vector.embedding for vector in ordered]

"""Vectors from Gemini's embedding models."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.fingerprint import content_id
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.gemini_connection import PROVIDER, GeminiConnection
from core.llm.vectors import embed_in_batches
from core.llm.wire_errors import provider_errors

_MOST_PER_REQUEST = 100  # the limit of batchEmbedContents


class GeminiEmbedder:
    """An `Embedder` over one connection; task and dimensions are sent with every text."""

    name = PROVIDER

    def __init__(self, connection: GeminiConnection, settings: EmbeddingSettings) -> None:
        self._connection = connection
        self._settings = settings
        self.fingerprint = content_id("gemini-embedder", [settings.model, settings.task, settings.dimensions])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One L2-normalised vector per text, float32 [N, D], 100 texts a request; errors as of `embed_in_batches`."""
        endpoint = self._connection.endpoint(self._settings.model)
        batch_size = min(self._settings.batch_size, _MOST_PER_REQUEST)
        return embed_in_batches(texts, batch_size, self._settings.dimensions, self._vectors, endpoint)

    def _vectors(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        with provider_errors(self._connection.endpoint(self._settings.model)):
            from google.genai import types

            # Plain strings would be joined into one content, and one vector would come back for all of them.
            response = self._connection.client.models.embed_content(
                model=self._settings.model,
                contents=[types.Content(parts=[types.Part(text=text)]) for text in texts],
                config=types.EmbedContentConfig(
                    task_type=self._settings.task.value, output_dimensionality=self._settings.dimensions
                ),
            )
            return [embedding.values or [] for embedding in response.embeddings or []]

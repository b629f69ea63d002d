"""Gemini, through google-genai: the Gemini API with a key, or Vertex AI."""

from core.llm.gemini_connection import PROVIDER, GeminiConnection
from core.llm.gemini_replies import generation_config, reply_of
from core.llm.protocol import ChatReply, ChatRequest
from core.llm.wire_errors import provider_errors


class GeminiClient:
    """A `ChatClient` over one connection; a request with a schema is answered in JSON of that schema."""

    name = PROVIDER

    def __init__(self, connection: GeminiConnection) -> None:
        self._connection = connection

    def complete(self, request: ChatRequest) -> ChatReply:
        """Answer one prompt with exactly one call; every failure is a `ProviderError`."""
        endpoint = self._connection.endpoint(request.model)
        with provider_errors(endpoint):
            response = self._connection.client.models.generate_content(
                model=request.model, contents=request.prompt, config=generation_config(request)
            )
            return reply_of(response, endpoint)

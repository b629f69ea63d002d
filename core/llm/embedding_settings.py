"""Which model makes vectors of texts."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.llm.protocol import EmbeddingTask
from core.llm.settings import DEFAULT_EMBEDDING_MODEL

EmbeddingProvider = Literal["offline", "gemini", "openai-compatible"]


class EmbeddingSettings(BaseModel):
    """An embedding model and how it is called; the offline model has no settings. Keys stay in the environment.

    `dimensions`: length of a vector, None for the model's own. `batch_size`: most texts in one request.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: EmbeddingProvider = "offline"
    model: str = Field(default=DEFAULT_EMBEDDING_MODEL, min_length=1, max_length=200)
    base_url: str = Field(default="", max_length=500)
    dimensions: int | None = Field(default=768, ge=1, le=8_192)
    task: EmbeddingTask = EmbeddingTask.CLUSTERING
    batch_size: int = Field(default=100, ge=1, le=2_048)
    timeout_s: float = Field(default=60.0, gt=0, le=600)

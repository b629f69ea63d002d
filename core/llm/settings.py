"""Which model answers, and how it is asked."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

DEFAULT_MODEL = "gemini-3.1-flash-lite-preview"
DEFAULT_EMBEDDING_MODEL = "gemini-embedding-2-preview"

Provider = Literal["gemini", "openai-compatible", "scripted"]


class ModelSettings(BaseModel):
    """A provider's model and the way it is called. Keys are no part of it: they stay in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Provider = "gemini"
    model: str = Field(default=DEFAULT_MODEL, min_length=1, max_length=200)
    base_url: str = Field(default="", max_length=500)
    temperature: float = Field(default=0.15, ge=0, le=2)
    max_output_tokens: int = Field(default=2_048, ge=16, le=65_536)
    timeout_s: float = Field(default=60.0, gt=0, le=600)
    n_workers: int = Field(default=7, ge=1, le=64)

    @property
    def endpoint(self) -> str:
        """Who is asked: the provider, and its address where that is not the provider's own."""
        return f"{self.provider} {self.base_url}".strip()

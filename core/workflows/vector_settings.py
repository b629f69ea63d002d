"""What content vectors are made from."""

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.llm.embedding_settings import EmbeddingProvider, EmbeddingSettings
from core.llm.protocol import EmbeddingTask
from core.models.place_vectors import SCALES_KM

PUBLISHED: Final = EmbeddingSettings(dimensions=512, task=EmbeddingTask.SEMANTIC_SIMILARITY)
_BY_FAMILY: Final[Mapping[str, EmbeddingSettings]] = {
    "shared-latent": PUBLISHED.model_copy(update={"dimensions": 768, "task": EmbeddingTask.CLASSIFICATION}),
}
_STEP: Final = 2 * len(SCALES_KM)

Column = Annotated[str, Field(min_length=1, max_length=100)]


class VectorSettings(BaseModel):
    """Texts, coordinates and tables: a modality has its vectors from one of them.

    `embedding`: how texts are embedded, None for no texts. `coordinates`: the catalogue's columns of latitude and
    longitude. `tables`: ids of uploaded tables. A modality of which coordinates or a table name any attribute gets
    nothing from its texts, since vectors of two spaces cannot be compared: its other attributes stay unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    embedding: EmbeddingSettings | None = PUBLISHED
    coordinates: tuple[Column, Column] | None = None
    tables: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    place_dimensions: int = Field(default=64, ge=_STEP, le=1_024, multiple_of=_STEP)

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.embedding is None and self.coordinates is None and not self.tables:
            raise ValueError("nothing to make vectors from: name an embedding, coordinates or a table")
        return self


def published_embedding(family: str, provider: EmbeddingProvider = "offline") -> EmbeddingSettings:
    """How the texts of a family are embedded: 768 dimensions for classification for the shared latent space, 512 for
    likeness of meaning for all others. The offline embedder has 384 and knows no tasks.
    """
    return _BY_FAMILY.get(family, PUBLISHED).model_copy(update={"provider": provider})

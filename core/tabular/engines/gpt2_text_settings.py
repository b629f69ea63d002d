"""What a person may set of the plain text language model; importable without torch."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.tabular.engines.networks.settings import TrainerSettings, check_heads


class Gpt2TextSettings(BaseModel):
    """GPT-2 over rows written as sentences: `n_layers` of `n_heads` heads, and `width` numbers per token.

    `most_passes` over the rows end the training of a small table early. `n_tokens`: most byte pairs of the vocabulary,
    which is learnt from the table; `draws_per_row`: how many sentences may be drawn for each that can be read, since
    nothing keeps a sentence readable.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: TrainerSettings = TrainerSettings(steps=1400, batch_rows=64, learning_rate=3e-3)
    most_passes: int = Field(default=30, ge=1)
    width: int = Field(default=64, ge=2, le=768)
    n_layers: int = Field(default=2, ge=1, le=12)
    n_heads: int = Field(default=4, ge=1, le=16)
    n_tokens: int = Field(default=800, ge=300, le=50_000)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    temperature: float = Field(default=1.0, gt=0.0, le=2.0)
    draws_per_row: int = Field(default=20, ge=1)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        check_heads(self.width, self.n_heads)
        return self

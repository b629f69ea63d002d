"""What a person may set of the tabular language model; importable without torch."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.tabular.engines.networks.settings import TrainerSettings, check_heads


class Gpt2TabularSettings(BaseModel):
    """GPT-2 over the tokens of a row: `width` numbers per token, split among `n_heads` heads in each of `n_layers`.

    `most_passes` over the rows end the training of a small table before its rows are learnt by heart. `n_levels`: most
    values of one token of a number, which takes two; `target_weight`: how much more the target's token counts in the
    loss; `temperature`: below 1.0 likely values become likelier still.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: TrainerSettings = TrainerSettings(steps=1600, batch_rows=128, learning_rate=3e-3)
    most_passes: int = Field(default=30, ge=1)
    width: int = Field(default=64, ge=2, le=768)
    n_layers: int = Field(default=2, ge=1, le=12)
    n_heads: int = Field(default=4, ge=1, le=16)
    n_levels: int = Field(default=16, ge=2, le=64)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    target_weight: float = Field(default=3.0, gt=0.0)
    temperature: float = Field(default=1.0, gt=0.0, le=2.0)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        check_heads(self.width, self.n_heads)
        return self

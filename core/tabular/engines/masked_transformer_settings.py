"""What a person may set of the masked transformer; importable without torch."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.tabular.engines.networks.settings import TrainerSettings


class MaskedTransformerSettings(BaseModel):
    """A causal transformer of `n_layers` layers of `width` and `n_heads` heads over the columns of a row.

    `shuffled`: share of the training rows whose columns come in a random order, so that any columns can condition.
    `bins`: into how many ranges a number column is cut; `temperature` divides the logits at sampling.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: TrainerSettings = TrainerSettings(steps=1200, learning_rate=3e-3)
    width: int = Field(default=64, ge=8, le=512)
    n_heads: int = Field(default=4, ge=1, le=16)
    n_layers: int = Field(default=2, ge=1, le=12)
    bins: int = Field(default=64, ge=2, le=512)
    shuffled: float = Field(default=0.5, ge=0.0, le=1.0)
    temperature: float = Field(default=1.0, gt=0.0, le=2.0)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> "MaskedTransformerSettings":
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} cannot be shared by {self.n_heads} heads: choose a multiple")
        return self

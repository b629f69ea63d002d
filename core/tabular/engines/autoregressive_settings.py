"""What a person may set of the per-column autoregressive networks; importable without torch."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.tabular.engines.networks.settings import TrainerSettings

Head = Literal["auto", "normal", "log-normal"]


class AutoregressiveSettings(BaseModel):
    """One network of `n_layers` hidden layers of `width` per column, given the columns before it.

    `head`: the distribution of a number column; `auto` takes, column by column, the likelier of the two on the
    training rows. `parts`: how many of them are mixed. `embedding`: numbers per value as an input.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: TrainerSettings = TrainerSettings(steps=2000, batch_rows=512)
    width: int = Field(default=96, ge=4, le=1024)
    n_layers: int = Field(default=2, ge=1, le=6)
    embedding: int = Field(default=16, ge=2, le=256)
    head: Head = "auto"
    parts: int = Field(default=8, ge=1, le=64)

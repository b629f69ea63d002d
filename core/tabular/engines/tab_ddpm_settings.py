"""What a person may set of the diffusion synthesizer; importable without torch."""

from pydantic import BaseModel, ConfigDict, Field

from core.tabular.engines.networks.settings import TrainerSettings


class TabDdpmSettings(BaseModel):
    """A network of `n_layers` blocks of `width` that takes the noise off a row, in `sampling_steps` steps per sample.

    `inner`: how many times wider a block is inside, where `dropout` is the share left out in training. A column of
    many codes passes through `rank` numbers: it keeps single rows from being learnt by heart. A number column of at
    most `most_values` different values gets multinomial noise, as codes do, and the others Gaussian noise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: TrainerSettings = TrainerSettings(steps=1400, batch_rows=512, learning_rate=2.5e-3, weight_decay=0.3)
    width: int = Field(default=256, ge=8, le=2048)
    inner: int = Field(default=2, ge=1, le=8)
    n_layers: int = Field(default=3, ge=1, le=8)
    dropout: float = Field(default=0.2, ge=0.0, lt=1.0)
    rank: int = Field(default=20, ge=1, le=512)
    most_values: int = Field(default=100, ge=0, le=1000)
    sampling_steps: int = Field(default=60, ge=2, le=1000)

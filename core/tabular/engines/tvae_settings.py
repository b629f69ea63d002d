"""What a person may set of the variational autoencoder; importable without torch."""

from pydantic import BaseModel, ConfigDict, Field

from core.tabular.engines.networks.settings import TrainerSettings


class TvaeSettings(BaseModel):
    """TVAE with a density of the latent numbers fitted after training.

    `most_passes` over the rows end the training of a small table early. `n_bins`: about how many bins of ranks a number
    has; `divergence_weight`: weight of the distance to the normal prior (1 is the evidence bound); `n_components`:
    Gaussians of the latent density; `n_judges`: how many boosted judges of drawn against real rows are learnt, by which
    draws are then accepted (0: every draw is delivered).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trainer: TrainerSettings = TrainerSettings(steps=3000, batch_rows=256, learning_rate=2e-3)
    most_passes: int = Field(default=60, ge=1)
    latent: int = Field(default=24, ge=1, le=256)
    hidden: int = Field(default=192, ge=1, le=1024)
    n_bins: int = Field(default=32, ge=2, le=512)
    divergence_weight: float = Field(default=0.3, ge=0.0)
    n_components: int = Field(default=16, ge=1, le=200)
    n_judges: int = Field(default=2, ge=0, le=8)

"""What a person may set of the conditional GAN; importable without torch."""

from pydantic import BaseModel, ConfigDict, Field


class CtganSettings(BaseModel):
    """CTGAN, alone or on a table that SMOTETomek has filled up.

    `most_passes` over the rows end the training of a small table early. `pack`: rows that the critic judges together;
    `n_modes`: most Gaussian modes of a number; `balanced`: share of each batch whose codes are drawn by the logarithm
    of their counts; `pair_weight`: weight of the difference between drawn and real rows in every two codes' joint
    share; `n_judges`: how many boosted judges of drawn against real rows are learnt, by which draws are then accepted
    (0: every draw is delivered).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=2000, ge=1)
    most_passes: int = Field(default=100, ge=1)
    batch_rows: int = Field(default=500, ge=2)
    pack: int = Field(default=5, ge=1, le=50)
    noise: int = Field(default=64, ge=1, le=1024)
    hidden: int = Field(default=128, ge=1, le=1024)
    n_modes: int = Field(default=10, ge=1, le=50)
    learning_rate: float = Field(default=2e-3, gt=0.0)
    averaging: float = Field(default=0.99, ge=0.0, lt=1.0)
    balanced: float = Field(default=0.2, ge=0.0, le=1.0)
    pair_weight: float = Field(default=5.0, ge=0.0)
    n_judges: int = Field(default=4, ge=0, le=8)

from pydantic import BaseModel, ConfigDict, Field


class TreeSamplerSettings(BaseModel):
    """How the trees are grown and how the target's chances are boosted.

    `least_leaf`: training rows behind every drawn value, at least. `least_gain`: a split must explain as much of the
    column's variance as this many average rows have; a lower one follows the training rows more closely, chance
    included. `most_flagged`: codes that trees tell apart one by one; `most_embedded`: coordinates that stand for a
    column of more. `head_rounds`, `head_depth`, `head_rate`: boosting rounds for the target, levels per tree, and how
    far one round goes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    least_leaf: int = Field(default=40, ge=5, le=10_000)
    least_gain: float = Field(default=3.0, ge=0.0, le=1_000.0)
    most_flagged: int = Field(default=32, ge=1, le=256)
    most_embedded: int = Field(default=8, ge=2, le=64)
    head_rounds: int = Field(default=100, ge=1, le=2_000)
    head_depth: int = Field(default=3, ge=1, le=8)
    head_rate: float = Field(default=0.1, gt=0.0, le=1.0)

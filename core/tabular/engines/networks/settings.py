"""How a network is fitted, the same words for every network synthesizer; importable without torch.

Work is counted in steps and not in passes over the rows, so a fit's time does not depend on the number of rows.
"""

from pydantic import BaseModel, ConfigDict, Field

from core.errors import InvalidInput, Problem


class TrainerSettings(BaseModel):
    """AdamW with a linear warm-up over the first `warm_up` share of the steps, then a cosine down to nothing.

    `averaging`: how much of the averaged weights, which the synthesizer keeps, stays at every step (0: the last
    weights are kept).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=2000, ge=1)
    batch_rows: int = Field(default=256, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0.0)
    warm_up: float = Field(default=0.05, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=1e-4, ge=0.0)
    averaging: float = Field(default=0.995, ge=0.0, lt=1.0)


def check_heads(width: int, n_heads: int) -> None:
    """Raise `InvalidInput` unless the heads can share the numbers of a token evenly."""
    if width % n_heads:
        message = f"{width} numbers cannot be split evenly among {n_heads} heads."
        raise InvalidInput("The settings cannot be used", [Problem(message, "Choose a multiple.", field="width")])

"""What a person can set of the adaptive strategy."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MIN_AUDIT_CALLS = 24  # fewer give intervals that miss the truth too often: errors cluster by primary attribute


class AdaptiveSettings(BaseModel):
    """How many calls are asked, which ones, and when the run may stop.

    `target_recall`: the share of the graph's edges to find, None to spend all calls. `max_calls`: None for no limit but
    the run's budget. `first_share`: random calls before any routing, as a share of the expected calls; `rounds`: times
    the model is fitted again on the way to the expected number. `is_overturning`: an answer that the model and the
    estimated noise make unlikely is kept on record, but the graph takes the likelier outcome. `exclude_below`: inferred
    outcomes less probable than this are left out of the graph.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_recall: float | None = Field(default=0.95, gt=0, le=1, allow_inf_nan=False)
    max_calls: int | None = Field(default=None, ge=2 * MIN_AUDIT_CALLS)
    first_share: float = Field(default=0.22, gt=0, le=1, allow_inf_nan=False)
    rounds: int = Field(default=4, ge=1, le=50)
    audit_calls: int = Field(default=MIN_AUDIT_CALLS, ge=MIN_AUDIT_CALLS, le=1_000)
    confidence: float = Field(default=0.95, ge=0.5, le=0.999, allow_inf_nan=False)
    is_overturning: bool = True
    exclude_below: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    seed: int = Field(default=27, ge=0, le=2**32 - 1)

    @model_validator(mode="after")
    def _leaves_calls_to_learn_from(self) -> Self:
        if self.max_calls is not None and self.max_calls < 2 * self.audit_calls:
            raise ValueError(
                f"max_calls is {self.max_calls}, and {self.audit_calls} calls of them are for the audit. "
                f"Allow at least {2 * self.audit_calls} calls, or audit with fewer."
            )
        return self

"""Hard limits of a run, in calls, tokens and money."""

from pydantic import BaseModel, ConfigDict, Field

from core.errors import ValenceError


class Budget(BaseModel):
    """The most a run may spend; None where there is no limit. `max_cost` is in the price table's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_calls: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=0)
    max_cost: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class BudgetReached(ValenceError):
    """The next call could have gone beyond the budget, so it was not made. What was answered before is kept."""

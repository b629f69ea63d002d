"""What every value of a report is made of."""

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    """A value of a report: never changed, no unknown keys, the same after a round trip through JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Interval(Frozen):
    """A measured value and its 95 % interval."""

    value: float
    low: float
    high: float


class ShareCurvePoint(Frozen):
    """One point of the precision-recall curve: the radius is the distance to the `k`-th nearest row."""

    k: int = Field(ge=1)
    precision: float
    recall: float

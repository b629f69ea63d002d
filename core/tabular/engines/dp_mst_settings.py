from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import InvalidInput, Problem


class Spacing(StrEnum):
    """How the bins of a number's range are laid: all equally wide, or each wider than the one below it."""

    EVEN = "even"
    LOG = "log"


class ColumnDomain(BaseModel):
    """What anyone may know of one column without seeing a row.

    For codes `n_codes`, the length of the public list of values. For numbers a range, [`low`, `high`], and its `bins`;
    a value outside the range counts as the nearest end. Log spacing needs `low` >= 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    column: str = Field(min_length=1)
    n_codes: int = Field(default=0, ge=0)
    low: float | None = None
    high: float | None = None
    bins: int = Field(default=32, ge=1, le=1_000)
    spacing: Spacing = Spacing.EVEN


class DpMstSettings(BaseModel):
    """The privacy to keep, and the domains: stated by the user and never read from the rows.

    `epsilon`, `delta`: the guarantee for one row more or less. `domains`: one for every column of the plain table.
    `lists_and_ranges_are_public`: the user's statement that the values listed for each category and the range of each
    number are no secret of these rows (a list of all cities; a price between 0 and 100), so that columns without a
    domain of their own may use them. `secret`: a long random text, never published: the noise is drawn from it, the
    seed and the table. Without one the guarantee fails against somebody who knows the seed and every row but one.
    `descents`: steps of the inference, which cost no privacy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epsilon: float = Field(default=3.0, gt=0.0, le=100.0)
    delta: float = Field(default=1e-6, gt=0.0, le=0.01)
    domains: tuple[ColumnDomain, ...] = ()
    lists_and_ranges_are_public: bool = False
    secret: str = ""
    descents: int = Field(default=200, ge=1, le=10_000)

    @model_validator(mode="after")
    def _domains_are_sound(self) -> Self:
        names = [domain.column for domain in self.domains]
        problems = [
            Problem(f"Two domains are given for {name!r}.", "Keep one.", field=name)
            for name in sorted({name for name in names if names.count(name) > 1})
        ]
        problems += [problem for domain in self.domains for problem in _problems(domain)]
        if problems:
            raise InvalidInput("The domains cannot be used", problems)
        return self


def _problems(domain: ColumnDomain) -> Iterator[Problem]:
    name = domain.column
    given = (domain.low is not None) + (domain.high is not None)
    if bool(domain.n_codes) == bool(given) or given == 1:
        fix = "Give n_codes for a category, or low and high for a number."
        yield Problem("The domain is neither a list of values nor a range.", fix, field=name)
    elif domain.low is not None and domain.high is not None:
        if domain.low > domain.high:
            yield Problem("The range ends below its start.", "Give a low that is not above the high.", field=name)
        if domain.low < 0 and domain.spacing is Spacing.LOG:
            fix = "Choose even spacing, or a low of 0 or more."
            yield Problem("A log spacing starts below 0.", fix, field=name)

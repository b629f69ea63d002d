"""What the rows of a sample must hold, in the words of the table itself."""

from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import InvalidInput, Problem


class WhereColumn(BaseModel):
    """One column's demand: one of `values` ("" is an empty cell), or a number or date from `at_least` to `at_most`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(min_length=1)
    values: tuple[str, ...] = ()
    at_least: str = ""
    at_most: str = ""

    @property
    def text(self) -> str:
        """The demand as a person would write it."""
        if self.values:
            return f"{self.column} is {' or '.join(repr(value) if value else 'empty' for value in self.values)}"
        bounds = [f"at least {self.at_least}"] if self.at_least else []
        return f"{self.column} is {' and '.join(bounds + ([f'at most {self.at_most}'] if self.at_most else []))}"


class Where(BaseModel):
    """Every demand must be met; without any, every row will do. A column is named once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[WhereColumn, ...] = ()

    @property
    def text(self) -> str:
        """The demands as a person would write them, "" where there is none."""
        return ", ".join(demand.text for demand in self.columns)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        problems = list(_problems(self.columns))
        if problems:
            raise InvalidInput("The rows asked for cannot be described so", problems)
        return self


def _problems(demands: tuple[WhereColumn, ...]) -> Iterator[Problem]:
    names = [demand.column for demand in demands]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("It is named twice.", "Put all its values into one demand.", field=name)
    for demand in demands:
        has_range = bool(demand.at_least or demand.at_most)
        if has_range == bool(demand.values):
            yield Problem(
                "Give either values or a range.", "Name a value, or a smallest or largest.", field=demand.column
            )

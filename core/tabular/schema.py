"""What a table's columns are and which rules bind them; detected, then confirmed by the user.

The rules serve every synthesizer alike: dependents are looked up and not learnt, decimals and ranges restored, the
target comes last.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import InvalidInput, Problem

MOST_COLUMNS = 100


class ColumnKind(StrEnum):
    """How a column's cells are read. An identifier is never learnt: it is dropped, and numbered anew on request."""

    CATEGORY = "category"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    LIST = "list"
    IDENTIFIER = "identifier"


class Column(BaseModel):
    """One column.

    `decimals` and `decimal_mark` of a number; `separator` of a list's values; `date_format` as in strftime.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    kind: ColumnKind
    decimals: int | None = Field(default=None, ge=0, le=12)
    decimal_mark: Literal[".", ","] = "."
    separator: str = Field(default="", max_length=3)
    date_format: str = ""


class Dependency(BaseModel):
    """Rows with the same values of the determinants have the same value of the dependent: city -> rank of the city."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    determinants: tuple[str, ...] = Field(min_length=1, max_length=3)
    dependent: str


class Inequality(BaseModel):
    """Where both are known, `smaller` is never greater than `larger`: clicks <= impressions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    smaller: str
    larger: str


class TableSchema(BaseModel):
    """The columns in the file's order, the target's name ("" where there is none), and the rules between columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[Column, ...] = Field(min_length=1, max_length=MOST_COLUMNS)
    target: str = ""
    dependencies: tuple[Dependency, ...] = ()
    inequalities: tuple[Inequality, ...] = ()

    def column(self, name: str) -> Column:
        """The column of this name; every name within a valid schema has one."""
        return next(column for column in self.columns if column.name == name)

    @property
    def learnt(self) -> tuple[Column, ...]:
        """What a synthesizer is trained on: neither identifiers nor dependents, and the target last."""
        dependents = {rule.dependent for rule in self.dependencies}
        kept = [c for c in self.columns if c.kind is not ColumnKind.IDENTIFIER and c.name not in dependents]
        return tuple(sorted(kept, key=lambda column: column.name == self.target))

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        problems = list(_problems(self))
        if problems:
            raise InvalidInput("The table's schema cannot be used", problems)
        return self


def _problems(schema: TableSchema) -> Iterator[Problem]:
    names = [column.name for column in schema.columns]
    kinds = {column.name: column.kind for column in schema.columns}
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"Two columns are called {name!r}.", "Rename one of them in the file.", field=name)
    for column in schema.columns:
        if column.kind is ColumnKind.LIST and not column.separator:
            yield Problem("The list has no separator.", "Give the text between its values.", field=column.name)
        if column.kind is ColumnKind.NUMBER and column.decimals is None:
            yield Problem("The number's decimals are not given.", "Say how many it has.", field=column.name)
    yield from _target_problems(schema.target, kinds)
    yield from _dependency_problems(schema.dependencies, kinds, schema.target)
    for rule in schema.inequalities:
        for name in (rule.smaller, rule.larger):
            if kinds.get(name) not in (ColumnKind.NUMBER, ColumnKind.INTEGER, ColumnKind.DATE):
                message = f"The rule {rule.smaller} <= {rule.larger} names {name!r}, which is no number or date."
                yield Problem(message, "Choose two number columns or two dates, or remove the rule.", field=name)
        if {kinds.get(rule.smaller), kinds.get(rule.larger)} & {ColumnKind.DATE} and kinds.get(
            rule.smaller
        ) is not kinds.get(rule.larger):
            message = f"The rule {rule.smaller} <= {rule.larger} compares a date with a number."
            yield Problem(message, "Choose two dates or two numbers.", field=rule.smaller)


def _target_problems(target: str, kinds: dict[str, ColumnKind]) -> Iterator[Problem]:
    if target and target not in kinds:
        yield Problem(f"There is no column {target!r} to be the target.", f"Choose one of: {', '.join(kinds)}.")
    elif target and kinds[target] not in (ColumnKind.CATEGORY, ColumnKind.INTEGER):
        yield Problem(
            f"The target {target!r} is of the kind {kinds[target].value!r}.",
            "Choose another target, or read it as a category in the schema.",
            field=target,
        )


def _dependency_problems(rules: tuple[Dependency, ...], kinds: dict[str, ColumnKind], target: str) -> Iterator[Problem]:
    dependents = [rule.dependent for rule in rules]
    for rule in rules:
        text = f"{', '.join(rule.determinants)} -> {rule.dependent}"
        for name in (*rule.determinants, rule.dependent):
            if name not in kinds:
                yield Problem(f"The rule {text} names {name!r}, which is no column.", "Remove the rule.", field=name)
        if rule.dependent == target:
            yield Problem(f"The rule {text} would look the target up.", "Remove the rule.", field=target)
        if dependents.count(rule.dependent) > 1:
            yield Problem(f"{rule.dependent!r} depends by two rules.", "Keep one of them.", field=rule.dependent)
        for name in rule.determinants:
            if name in dependents or name == rule.dependent:
                message = f"The rule {text} looks up by {name!r}, which is looked up itself."
                yield Problem(message, "Name the column that determines both.", field=name)

"""Errors a person can act on: what is wrong, which row or field, what to do now."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input.

    `row` is the line of the file a spreadsheet would show (the header is row 1); `field` is the column
    or the path inside a configuration (`label_params.pos.pos_frac_range`).
    """

    message: str
    fix: str = ""
    row: int | None = None
    field: str = ""

    def __str__(self) -> str:
        place = ", ".join(part for part in (f"row {self.row}" if self.row else "", self.field) if part)
        sentence = f"{place}: {self.message}" if place else self.message
        return f"{sentence} {self.fix}".strip()


class ValenceError(Exception):
    """A failure explained to the person in front of it: `message` says what, `fix` what to do now."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(f"{message} {fix}".strip())
        self.message = message
        self.fix = fix


class InvalidInput(ValenceError):
    """An input with one or more problems, all of them reported at once."""

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        self.what = what
        self.problems = tuple(problems)
        count = len(self.problems)
        shown = "; ".join(str(problem) for problem in self.problems[:5])
        more = f" (and {count - 5} more)" if count > 5 else ""
        super().__init__(f"{what}: {shown}{more}")


class NotFound(ValenceError):
    """Something named does not exist; the message lists what does."""


class WorkspaceBusy(ValenceError):
    """Another process holds the workspace."""


class Infeasible(ValenceError):
    """Hard constraints that no row was found to meet; the message holds the closest reachable value."""


class CorruptArtefact(ValenceError):
    """A stored file differs from what its manifest recorded."""

"""What is wrong with the rows of a submission: all of it, but each kind of fault told in a few examples."""

from collections.abc import Callable, Sequence

from core.errors import InvalidInput, Problem
from core.leaderboard.submission_limits import MAX_TOLD

WHAT = "The submission cannot be scored"


def refused(message: str, fix: str = "", field: str = "", row: int | None = None) -> InvalidInput:
    """A submission with one problem that leaves nothing else to look at."""
    return InvalidInput(WHAT, [Problem(message, fix, row, field)])


def quoted(value: object) -> str:
    """A value of the file as it may stand in a sentence: short, and without control characters."""
    text = ascii(value) if not isinstance(value, str) or not value.isprintable() else f"'{value}'"
    return text if len(text) <= 50 else f"{text[:45]}…'"


class Faults:
    """Collects problems; of each kind the first few, and the number of the others."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, message: str, fix: str = "", field: str = "") -> None:
        """A problem of the file as a whole."""
        self._problems.append(Problem(message, fix, field=field))

    def add_rows(self, kind: str, rows: Sequence[int], problem_of: Callable[[int], Problem]) -> None:
        """Problems of one `kind` (a plural, for the count), one for each of `rows`."""
        self._problems += [problem_of(row) for row in rows[:MAX_TOLD]]
        if len(rows) > MAX_TOLD:
            self._problems.append(Problem(f"{len(rows) - MAX_TOLD:,} more {kind} are not listed."))

    def raise_any(self) -> None:
        """Raise `InvalidInput` with everything found, if anything was."""
        if self._problems:
            raise InvalidInput(WHAT, self._problems)

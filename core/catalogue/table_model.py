"""A table as read from a file: text cells with the row numbers a spreadsheet shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.catalogue.limits import MAX_COLUMNS, TableLimits
from core.errors import InvalidInput, Problem

# How many of a header's names are columns the reader is looking for; picks the delimiter.
KnownColumns = Callable[[Sequence[str]], int]


class Row(NamedTuple):
    """One row: its number in the file (a spreadsheet's row, a line of JSONL, an item of a JSON list) and its cells."""

    number: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Header and rows of one file, every row as wide as the header.

    `problems` name the rows that could not be kept and the cells (by column) that are left empty in `rows`.
    """

    header: tuple[str, ...]
    header_row: int | None
    rows: Sequence[Row]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def unreadable(message: str, fix: str, row: int | None = None) -> InvalidInput:
    """The error of a file that no table can be made of."""
    return InvalidInput("The file cannot be read", [Problem(message, fix, row)])


def empty_file() -> InvalidInput:
    """The error of a file without content."""
    return unreadable("The file is empty.", "Choose a file with a header row and at least one row below it.")


def too_many_rows(limits: TableLimits) -> InvalidInput:
    """The error of a file with more rows than its limit; raised before the rest is read."""
    return unreadable(
        f"The file holds more than {limits.max_rows:,} {limits.rows_are}, the most that one file may hold.",
        "Split it, or keep only what the campaigns need.",
    )


def check_width(n_columns: int, row: int | None = None) -> None:
    """Refuse (InvalidInput) a header of more than MAX_COLUMNS columns."""
    if n_columns > MAX_COLUMNS:
        raise unreadable(
            f"The table has {n_columns:,} columns; at most {MAX_COLUMNS} are allowed.", "Delete some columns.", row
        )

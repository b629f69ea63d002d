"""Rows of files whose cells have types: text is kept, numbers and dates become text with a warning."""

from collections.abc import Sequence
from typing import NamedTuple

from core.catalogue.limits import TableLimits
from core.catalogue.table_model import Row, Table, too_many_rows
from core.catalogue.text_checks import shown
from core.errors import Problem

N_ROWS_NAMED = 5


class TypedCell(NamedTuple):
    """A cell that its file stores as something other than text: what it is (plural), and the text it shows."""

    kind: str
    text: str


class Refused(NamedTuple):
    """A cell that has no text: why, and what to do now."""

    message: str
    fix: str


Cell = str | TypedCell | Refused


class TypedRows:
    """Collects rows, counting typed cells per column and turning refused cells into problems of their row."""

    def __init__(self, header: Sequence[str], limits: TableLimits) -> None:
        self.header = tuple(header)
        self.limits = limits
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self._typed: dict[tuple[str, str], list[tuple[int, str]]] = {}

    def add(self, number: int, cells: Sequence[Cell]) -> None:
        """Add one row as wide as the header; InvalidInput once there are more rows than the limit."""
        self.rows.append(Row(number, [self._text(number, cell, i) for i, cell in enumerate(cells)]))
        self._check_size()

    def refuse(self, problem: Problem) -> None:
        """Note a row that cannot be kept; refused rows count as rows."""
        self.problems.append(problem)
        self._check_size()

    def table(self, header_row: int | None, warnings: Sequence[Problem] = ()) -> Table:
        """The table of all rows added, with one warning per column and kind of typed cell."""
        typed = [_typed_warning(column, kind, cells) for (column, kind), cells in self._typed.items()]
        return Table(self.header, header_row, self.rows, tuple(self.problems), (*warnings, *typed))

    def _text(self, number: int, cell: Cell, column: int) -> str:
        if isinstance(cell, str):
            return cell
        name = self.header[column]
        if isinstance(cell, Refused):
            self.problems.append(Problem(cell.message, cell.fix, number, name))
            return ""
        self._typed.setdefault((name, cell.kind), []).append((number, cell.text))
        return cell.text

    def _check_size(self) -> None:
        if len(self.rows) > self.limits.max_rows:
            raise too_many_rows(self.limits)


def _typed_warning(column: str, kind: str, cells: list[tuple[int, str]]) -> Problem:
    rows = ", ".join(str(row) for row, _ in cells[:N_ROWS_NAMED])
    more = f" and {len(cells) - N_ROWS_NAMED:,} more" if len(cells) > N_ROWS_NAMED else ""
    row, text = cells[0]
    return Problem(
        f"The file stores {kind} here, not text (rows: {rows}{more}); the first was read as {shown(text)}.",
        "Check the text; store the column as text to be sure of leading zeros, decimals and dates.",
        row,
        column,
    )

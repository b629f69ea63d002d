"""The rows a benchmark prints: what was measured, beside the limit or the rival it is held against."""

from collections.abc import Iterable
from typing import NamedTuple


class Row(NamedTuple):
    """One figure. `ratio` sets it against `limit_or_rival`, as `note` explains; None where there is nothing to set."""

    name: str
    measured: float
    limit_or_rival: float | None
    ratio: float | None
    unit: str
    note: str = ""


def table_text(rows: Iterable[Row]) -> str:
    """The rows as an aligned text table."""
    cells = [["what", "measured", "beside", "ratio", "unit", "note"], *(_cells(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells)


def _cells(row: Row) -> list[str]:
    figures = [_figure(row.measured), _figure(row.limit_or_rival), _figure(row.ratio)]
    return [row.name, *figures, row.unit, row.note]


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"

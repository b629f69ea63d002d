"""Tables of the page; cells are escaped here unless they were drawn."""

from collections.abc import Sequence
from typing import NamedTuple

from core.tabular.report.drawn.svg import number_text, text
from core.tabular.report.frozen import Interval


class Drawn(NamedTuple):
    """Markup that is finished and not escaped again."""

    markup: str


Cell = str | float | Interval | Drawn | None


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """The first column holds names; numbers have three decimals, an interval follows its value."""
    top = "".join(f"<th>{text(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def interval_text(interval: Interval) -> str:
    """`.533 (.521 to .545)`, three decimals."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Drawn):
        return f"<td>{cell.markup}</td>"
    if isinstance(cell, str):
        return f"<td>{text(cell)}</td>"
    shown = interval_text(cell) if isinstance(cell, Interval) else number_text(cell)
    return f'<td class="n">{shown}</td>'

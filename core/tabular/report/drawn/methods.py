"""Methods as they are drawn: each with one colour throughout the page."""

from typing import NamedTuple

from core.tabular.report.drawn.svg import colour_of
from core.tabular.report.model import MethodReport, Report


class Shown(NamedTuple):
    """A method and its colour."""

    method: MethodReport
    colour: str

    @property
    def title(self) -> str:
        """The method's title."""
        return self.method.title


def shown_methods(report: Report) -> list[Shown]:
    """Anchors in greys, methods in colours, in the report's order."""
    shown, seen = [], {True: 0, False: 0}
    for method in report.methods:
        shown.append(Shown(method, colour_of(seen[method.is_anchor], is_anchor=method.is_anchor)))
        seen[method.is_anchor] += 1
    return shown

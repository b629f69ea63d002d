"""How the methods of a report are drawn, in every chart alike: anchors grey, told apart by form, others coloured."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.components.plain_text import in_chart, shortened
from app.theme import CATEGORY_COLOURS, NEUTRAL
from core.tabular.report.model import MethodReport, Report

_LONGEST: Final = 34
_FORMS: Final = (
    ("solid", "circle"),
    ("dash", "square"),
    ("dot", "diamond"),
    ("dashdot", "triangle-up"),
    ("longdash", "x"),
)


class MethodStyle(NamedTuple):
    """One method as it is drawn: `label` is ready for a chart, `title` is plain text."""

    name: str
    title: str
    label: str
    colour: str
    dash: str
    symbol: str
    is_anchor: bool


def method_styles(report: Report) -> dict[str, MethodStyle]:
    """A style for every method by its name, anchors first; colours stay whatever is shown."""
    styles = {}
    for number, method in enumerate(report.anchors):
        dash, symbol = _FORMS[number % len(_FORMS)]
        styles[method.name] = _style(method, NEUTRAL, dash, symbol)
    others = [method for method in report.methods if not method.is_anchor]
    for number, method in enumerate(others):
        styles[method.name] = _style(method, CATEGORY_COLOURS[number % len(CATEGORY_COLOURS)], "solid", "circle")
    return styles


def shown_methods(report: Report, chosen: Sequence[str]) -> list[MethodReport]:
    """The anchors, which no chart leaves out, and the chosen methods after them."""
    return [method for method in report.methods if method.is_anchor or method.name in chosen]


def _style(method: MethodReport, colour: str, dash: str, symbol: str) -> MethodStyle:
    label = in_chart(shortened(method.title, _LONGEST))
    return MethodStyle(method.name, method.title, label, colour, dash, symbol, method.is_anchor)

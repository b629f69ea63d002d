"""Charts as SVG text. Every text that comes from a table or a user is escaped here."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from core.tabular.report.frozen import Interval

_ANCHOR_COLOURS: Final = ("#111827", "#6b7280", "#9ca3af", "#a8a29e", "#d1d5db")
_COLOURS: Final = ("#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#db2777", "#65a30d", "#4f46e5",
                   "#b45309", "#0d9488", "#be123c", "#4d7c0f", "#6d28d9", "#0369a1")  # fmt: skip


class Line(NamedTuple):
    """A line of points and its colour; dashed for an anchor."""

    title: str
    colour: str
    points: Sequence[tuple[float, float]]
    is_dashed: bool = False


class Bar(NamedTuple):
    """One bar with what it says and, where known, its interval."""

    title: str
    colour: str
    value: float
    interval: Interval | None = None


def colour_of(number: int, *, is_anchor: bool) -> str:
    """The colour of the n-th anchor or method; they come round after 5 and 15."""
    colours = _ANCHOR_COLOURS if is_anchor else _COLOURS
    return colours[number % len(colours)]


def text(value: str) -> str:
    """Text as it may stand in HTML and SVG."""
    return escape(value, quote=True)


def bars(items: Sequence[Bar], low: float, high: float, mark: float | None = None, mark_title: str = "") -> str:
    """Bars from `low` to `high` beneath each other, with intervals, and a dashed line at `mark`."""
    width, left, row = 620, 190, 22
    scale = (width - left - 60) / ((high - low) or 1.0)

    def x_of(value: float) -> float:
        return left + (min(max(value, low), high) - low) * scale

    parts = []
    for number, item in enumerate(items):
        y = number * row + 6
        parts.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end">{text(item.title)}</text>')
        length = max(x_of(item.value) - left, 0.5)
        parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="14" fill="{item.colour}"/>')
        if item.interval is not None:
            ends = x_of(item.interval.low), x_of(item.interval.high)
            parts.append(f'<path d="M{ends[0]:.1f} {y + 7}H{ends[1]:.1f}" stroke="#000" stroke-opacity=".55"/>')
        parts.append(f'<text x="{width - 52}" y="{y + 11}">{number_text(item.value)}</text>')
    height = len(items) * row + 26
    if mark is not None:
        parts.append(
            f'<path d="M{x_of(mark):.1f} 0V{height - 18}" stroke="#dc2626" stroke-dasharray="4 3"/>'
            f'<text x="{x_of(mark):.1f}" y="{height - 4}" text-anchor="middle" fill="#dc2626">{text(mark_title)}</text>'
        )
    return _svg(width, height, parts)


def lines(found: Sequence[Line], x_range: tuple[float, float], y_range: tuple[float, float], axes: str = "") -> str:
    """Lines in one frame; `axes` is a caption beneath it."""
    width, height, edge = 300, 190, 22
    (x_low, x_high), (y_low, y_high) = x_range, y_range
    x_scale = (width - 2 * edge) / ((x_high - x_low) or 1.0)
    y_scale = (height - 2 * edge) / ((y_high - y_low) or 1.0)
    parts = [_frame(width, height, edge)]
    for line in found:
        placed = " ".join(
            f"{edge + (x - x_low) * x_scale:.1f},{height - edge - (y - y_low) * y_scale:.1f}" for x, y in line.points
        )
        dashes = ' stroke-dasharray="3 2"' if line.is_dashed else ""
        parts.append(
            f'<polyline points="{placed}" fill="none" stroke="{line.colour}" stroke-width="1.5"{dashes}>'
            f"<title>{text(line.title)}</title></polyline>"
        )
    parts.append(f'<text x="{width / 2}" y="{height - 6}" text-anchor="middle">{text(axes)}</text>')
    return _svg(width, height, parts)


def scatter(
    title: str, points: Sequence[tuple[float, float]], colour: str, behind: Sequence[tuple[float, float]]
) -> str:
    """Points over those of the holdout in grey, all in the frame of the latter."""
    width, height, edge = 200, 200, 14
    xs, ys = [x for x, _ in behind], [y for _, y in behind]
    ranges = (min(xs), max(xs) or 1.0), (min(ys), max(ys) or 1.0)
    scales = [(200 - 2 * edge) / ((high - low) or 1.0) for low, high in ranges]
    parts = [_frame(width, height, edge)]
    for chosen, fill in ((behind, "#d1d5db"), (points, colour)):
        for x, y in chosen:
            at = edge + (x - ranges[0][0]) * scales[0], height - edge - (y - ranges[1][0]) * scales[1]
            if all(0 <= value <= width for value in at):
                parts.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="1.6" fill="{fill}"/>')
    parts.append(f'<text x="{width / 2}" y="10" text-anchor="middle">{text(title)}</text>')
    return _svg(width, height, parts)


def heatmap(title: str, names: Sequence[str], values: Sequence[Sequence[float]]) -> str:
    """Relations between columns from -1 (red) over 0 (white) to 1 (blue); a cell says which two on hover."""
    cell = max(4, min(14, 220 // max(len(names), 1)))
    width = height = cell * len(names) + 8
    parts = []
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            colour = _diverging(value)
            parts.append(
                f'<rect x="{4 + j * cell}" y="{18 + i * cell}" width="{cell}" height="{cell}" fill="{colour}">'
                f"<title>{text(names[i])} – {text(names[j])}: {value:.2f}</title></rect>"
            )
    parts.append(f'<text x="{width / 2}" y="11" text-anchor="middle">{text(title)}</text>')
    return _svg(max(width, 120), height + 18, parts)


def number_text(value: float | None) -> str:
    """Three decimals; whole numbers as such; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 2 else f"{value:.3f}"


def _diverging(value: float) -> str:
    share = min(abs(value), 1.0)
    faded = round(255 * (1 - share))
    return f"rgb({faded},{faded},255)" if value >= 0 else f"rgb(255,{faded},{faded})"


def _frame(width: int, height: int, edge: int) -> str:
    inner = f'width="{width - 2 * edge}" height="{height - 2 * edge}"'
    return f'<rect x="{edge}" y="{edge}" {inner} fill="none" stroke="#d1d5db"/>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{"".join(parts)}</svg>'

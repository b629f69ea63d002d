"""The lines that scores are held against: what a model could score, and what knowing nothing is worth."""

from typing import NamedTuple

from core.leaderboard.lines import Lines


class Line(NamedTuple):
    """One line of reference: its name, its macro F1, what it says, and a word to stand beside its figure."""

    name: str
    value: float
    says: str
    beside: str


def reference_lines(lines: Lines | None, rows: str = "these very test rows") -> list[Line]:
    """The lines that are known, best first; `rows` says what they were measured on."""
    if lines is None:
        return []
    on_rows = f"{lines.ceiling_on_rows:.3f}"
    known = [
        (
            "Oracle",
            lines.oracle,
            f"macro F1 on {rows} of a model that knows the sign of every pair and calls each row by the best rule for "
            "the labels' ranges",
            "knows the graph",
        ),
        (
            "Ceiling",
            lines.ceiling,
            "where the labels' ranges overlap, nothing tells which label drew a row: no model can expect a higher "
            f"macro F1 on rows without noise. On {rows}, noise and chance included, the best possible is {on_rows}",
            f"{on_rows} on these rows",
        ),
        ("Majority", lines.majority, "macro F1 of calling every row by the most frequent label", "knows nothing"),
    ]
    found = [Line(name, value, says, beside) for name, value, says, beside in known if value is not None]
    return sorted(found, key=lambda line: -line.value)

"""Which column is likely to be the target."""

import re
from collections.abc import Sequence
from typing import Final

from core.tabular.findings.columns import ColumnFinding
from core.tabular.schema import ColumnKind

_ANY_CLASSES: Final = ("target", "label", "outcome", "class", "y")
# Of these, whole numbers other than two are counts and not classes.
_EVENTS: Final = (
    "converted",
    "conversion",
    "clicked",
    "click",
    "is click",
    "is clicked",
    "response",
    "responded",
    "churn",
)
_MOST_CLASSES: Final = 20
_GAPS: Final = re.compile(r"[\s_.-]+")


def find_target(findings: Sequence[ColumnFinding]) -> str:
    """The column with a target's name and 2 to 20 values, else the last column where it has two; "" for none.

    A column with empty cells is none, for every row needs its class.
    """
    able = {f.name: f for f in findings if _could_be(f)}
    named = {_GAPS.sub(" ", name).strip().lower(): name for name in able}
    for name in (*_ANY_CLASSES, *_EVENTS):
        if name in named and (name in _ANY_CLASSES or able[named[name]].kind is ColumnKind.CATEGORY):
            return named[name]
    last = findings[-1]
    return last.name if last.name in able and last.n_values == 2 else ""


def _could_be(finding: ColumnFinding) -> bool:
    kinds = (ColumnKind.CATEGORY, ColumnKind.INTEGER)
    return finding.kind in kinds and not finding.missing and 2 <= finding.n_values <= _MOST_CLASSES

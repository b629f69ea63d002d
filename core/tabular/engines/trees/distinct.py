"""Columns that never hold the same code in one row, as the slots of a list whose values do not repeat.

No split can say "not what that column holds"; the rule is found in the training rows instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.trees.tree import Values
from core.tabular.plain import PlainColumn

_EXPECTED = 20.0  # rows that would hold the same code by chance, and none does: e^-20 for unrelated columns


@dataclass(frozen=True, slots=True)
class Distinct:
    """The `earlier` column, and which codes never stand in both, bool [K]."""

    earlier: str
    codes: NDArray[np.bool_]


def distinct_from(column: PlainColumn, before: Sequence[PlainColumn], values: Values) -> tuple[Distinct, ...]:
    """The earlier columns that share this one's codes and, but for one code at most (for "none"), never its code."""
    if column.n_codes < 3:
        return ()
    found = []
    own = values[column.name].astype(np.int64)
    for earlier in before:
        if earlier.n_codes != column.n_codes:
            continue
        other = values[earlier.name].astype(np.int64)
        same = np.bincount(own[own == other], minlength=column.n_codes)
        counts = np.bincount(own, minlength=column.n_codes), np.bincount(other, minlength=column.n_codes)
        by_chance = counts[0] * counts[1] / max(len(own), 1)
        if (same > 0).sum() <= 1 and by_chance[same == 0].sum() >= _EXPECTED:
            found.append(Distinct(earlier.name, same == 0))
    return tuple(found)


def clashes(codes: NDArray[np.int32], rules: Sequence[Distinct], drawn: Values) -> NDArray[np.int64]:
    """The rows whose code repeats an earlier column's though it never does."""
    repeats = np.zeros(len(codes), dtype=np.bool_)
    for rule in rules:
        repeats |= (codes == drawn[rule.earlier]) & rule.codes[codes]
    return np.flatnonzero(repeats)

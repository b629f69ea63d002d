"""Minority augmentation: how many rows of the rare class a table lacks to a ratio, and those rows from any family.

Made rows belong into training folds only: a row that came from a test row, or from its neighbour, tells its answer.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem, ValenceError
from core.progress import Steps
from core.tabular.engines.rows import stacked
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import Synthesizer

_LEAST_CLASSES: Final = 2


def minority_code(plain: PlainTable) -> int:
    """The target's code with the fewest rows, at least one; the lowest of those with as few.

    `ValenceError` for a table without a target or with one class.
    """
    return int(np.flatnonzero(_counts(plain) == _seen(_counts(plain)).min())[0])


def n_to_add(plain: PlainTable, ratio: float) -> int:
    """How many rows of the rarest class make it `ratio` times the most frequent one, rounded up; 0 where it is.

    `InvalidInput` for a ratio outside (0, 1], `ValenceError` for a table without a target or with one class.
    """
    if not 0 < ratio <= 1:
        problem = Problem(f"{ratio:g} is no ratio of a rare to a frequent class.", "Choose one above 0, at most 1.")
        raise InvalidInput("The minority cannot be augmented", [problem])
    counts = _seen(_counts(plain))
    wanted = int(np.ceil(round(float(counts.max()) * ratio, 6)))  # 0.07 * 100 is 7, and not the float above it
    return max(wanted - int(counts.min()), 0)


def minority_rows(fitted: Synthesizer, plain: PlainTable, ratio: float, seed: int) -> Steps[PlainTable]:
    """As many synthetic rows of the rarest class as `n_to_add` says; no rows where the ratio is reached."""
    rare = Condition(plain.target, frozenset({minority_code(plain)}))
    made = yield from fitted.sample(n_to_add(plain, ratio), seed, (rare,))
    return made


def augmented(fitted: Synthesizer, fold: PlainTable, ratio: float, seed: int) -> Steps[PlainTable]:
    """A training fold with the synthetic rows of its rarest class after its own; never give it a test fold."""
    made = yield from minority_rows(fitted, fold, ratio, seed)
    return stacked(fold.columns, fold.target, [fold, made])


def _counts(plain: PlainTable) -> NDArray[np.int64]:
    if not plain.target:
        raise ValenceError("The table has no target, so no class is rare.", "Name the target in the schema.")
    counts = np.bincount(plain.codes(plain.target))
    if (counts > 0).sum() < _LEAST_CLASSES:
        message = f"All rows have the same {plain.target!r}, so no class is rare."
        raise ValenceError(message, "Choose another target, or a table with both classes.")
    return counts


def _seen(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return counts[counts > 0]

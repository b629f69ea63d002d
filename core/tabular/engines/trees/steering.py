"""How conditions steer the draws of earlier columns: training rows that meet them weigh more.

The chance that a row so far will meet the conditions is, within a leaf, the share of the leaf's rows that do. Drawing
the leaf's rows by whether they meet is therefore drawing from the distribution given the conditions, as far as the
leaf can tell.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import rows_met

Floats = NDArray[np.float64]

_LEFT_OPEN = 0.05  # weight of rows that do not meet, all together, beside those that do


def steering_weights(table: PlainTable, where: Sequence[Condition], target_chances: Floats | None) -> dict[str, Floats]:
    """Weights of the training rows [N] for each column that a condition is on or comes after.

    A column's own condition is hard, those of later columns leave a little to rows that do not meet: a leaf without
    a row that meets should still be drawn from. `target_chances` [N, K] stand in for the class of the last column,
    so that a rare class is drawn from all rows like its own, and not from its few rows again and again.
    """
    weights: dict[str, Floats] = {}
    later = np.ones(len(table))
    steered = False
    for column in reversed(table.columns):
        own = [condition for condition in where if condition.column == column.name]
        if not own:
            if steered:
                weights[column.name] = later
            continue
        steered = True
        if target_chances is not None and column.name == table.target:
            later = target_chances[:, codes_wanted(table, where)].sum(axis=1)
            continue
        met = rows_met(table, own).astype(np.float64)
        weights[column.name] = later * met
        later = later * (met + _LEFT_OPEN * met.mean())
    return weights


def codes_wanted(table: PlainTable, where: Sequence[Condition]) -> list[int]:
    """The target's codes that its conditions allow; none where there is no condition on it."""
    own = [condition.codes for condition in where if condition.column == table.target]
    return sorted(frozenset.intersection(*own)) if own else []

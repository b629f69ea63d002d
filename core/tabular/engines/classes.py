"""The target's classes as a synthesizer that is given one needs them: their shares and what a condition leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import Condition, PlainTable


@dataclass(frozen=True, eq=False, slots=True)
class Classes:
    """The target's name, "" where there is none, and the share of every class among the training rows [Y]."""

    name: str
    shares: NDArray[np.float64]

    def chances(self, where: Sequence[Condition]) -> NDArray[np.float64]:
        """The shares of the classes that every condition on the target allows, as chances [Y].

        All classes where none of them is allowed or has a row: rejection then says that no row meets.
        """
        allowed = np.ones(len(self.shares), dtype=np.bool_)
        for condition in where:
            if condition.column == self.name:
                allowed &= np.isin(np.arange(len(self.shares)), list(condition.codes))
        left = np.where(allowed, self.shares, 0.0)
        return left / left.sum() if left.sum() > 0 else self.shares


def classes_of(table: PlainTable) -> Classes:
    """The classes of a plain table's target; one class that stands for all rows where it has none."""
    if not table.target:
        return Classes("", np.ones(1))
    n_codes = next(column.n_codes for column in table.columns if column.name == table.target)
    counts = np.bincount(table.codes(table.target), minlength=n_codes)
    return Classes(table.target, counts / counts.sum())

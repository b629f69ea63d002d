"""CTGAN trained on a table whose rare classes SMOTETomek has filled up, so that it sees more of them.

Batista, Bazzan, Monard 2003 for the filling: rows made between neighbours of a class, without those that form a Tomek
link with a row of another class. What CTGAN is given, the numbers' quantiles and the judges still come from the table
itself, so that a rare class is drawn as rarely as it is.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines import ctgan, smote_tomek
from core.tabular.engines.ctgan_settings import CtganSettings
from core.tabular.engines.rows import stacked
from core.tabular.engines.smote_settings import SmoteTomekSettings
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import Synthesizer

FILLED_TO: Final = 0.2  # of the most frequent class's rows
_FEWEST: Final = 5  # rows of a class that rows are made from

load = ctgan.load


def fit(table: PlainTable, settings: CtganSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Fill up the rare classes, then learn; `ValenceError` for too small a budget or a table without two classes."""
    budget = Budget(budget_s)
    filled = yield from filled_up(table, seed, budget)
    return (yield from ctgan.fit_on(filled, table, settings, seed, budget))


def filled_up(table: PlainTable, seed: int, budget: Budget) -> Steps[PlainTable]:
    """The table's rows and, after them, made ones of every class below `FILLED_TO` of the most frequent one.

    Classes of fewer than 5 rows stay as they are. `ValenceError` where the table has no target, or one class.
    """
    counts = _class_counts(table)
    wanted = int(FILLED_TO * counts.max())
    made = [table]
    rare = [code for code, count in enumerate(counts) if _FEWEST <= count < wanted]
    if rare:
        maker = yield from smote_tomek.fit(table, SmoteTomekSettings(), seed, budget.allowed_s - budget.used_s)
        for at, code in enumerate(rare):
            where = (Condition(table.target, frozenset({code})),)
            made.append((yield from maker.sample(wanted - int(counts[code]), seed + at, where)))
            yield Progress(at + 1, len(rare), "the rare classes are filled up")
    return stacked(table.columns, table.target, made)


def _class_counts(table: PlainTable) -> NDArray[np.int64]:
    """Rows of every class, int64 [Y]."""
    if not table.target:
        fix = "Choose a target in the schema, or CTGAN alone."
        raise ValenceError("SMOTETomek fills up rare classes, and the table has no target.", fix)
    counts = np.bincount(table.codes(table.target))
    if np.count_nonzero(counts) < 2:
        fix = "Choose CTGAN alone."
        raise ValenceError(f"SMOTETomek needs two classes, and {table.target!r} has one.", fix)
    return np.asarray(counts, dtype=np.int64)

"""SVM-SMOTE: rows start from the support vectors of each class, and move outwards where their class prevails.

H. M. Nguyen, E. W. Cooper, K. Kamei, Borderline over-sampling for imbalanced data classification, IJKESDP 3 (2011). A
support vector surrounded by other classes alone is noise and starts no row; where a class has no other, all of its
support vectors do. Codes follow the nearer end, as in plain SMOTE.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import SVC

from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.smote.distances import as_matrix, features
from core.tabular.engines.smote.ground import Ground, ground_of
from core.tabular.engines.smote.interpolation import Interpolation, Interpolator, Reach, load_interpolator, sound
from core.tabular.engines.smote.neighbours import nearest
from core.tabular.engines.smote.partners import of_lists
from core.tabular.engines.smote_settings import SmoteSvmSettings
from core.tabular.plain import PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_TRIAL_SHARE: Final = 4  # a quarter of the rows tells how long all take: the time grows with their square


class Seeds(NamedTuple):
    """Rows that made rows start from, int64 [S], and whether their own class prevails around them, bool [S]."""

    rows: NDArray[np.int64]
    is_safe: NDArray[np.bool_]


def fit(table: PlainTable, settings: SmoteSvmSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Fits the machine and finds neighbours; `ValenceError` for one class, a class of one row, too small a budget."""
    budget = Budget(budget_s)
    ground = ground_of(table, settings.most_rows, seed)
    if len(np.unique(ground.of_class)) == 1:
        message = "SVM-SMOTE starts at the border between classes, and the table has one class or no target."
        raise ValenceError(message, "Choose SMOTE, or name a target with two classes.")
    support = yield from _support_vectors(ground, settings, seed, budget)
    n_rows = len(ground.base)
    lists = np.full((n_rows, settings.n_neighbours), -1, dtype=np.int64)
    reach = Reach(np.zeros(n_rows), np.ones(n_rows))
    for code in np.unique(ground.of_class):
        own = ground.rows_of(int(code))
        seeds = yield from _seeds_of(ground, support[np.isin(support, own)], settings.n_around, budget)
        found = yield from nearest(ground.places, seeds.rows, own, settings.n_neighbours, budget)
        lists[seeds.rows, : found.rows.shape[1]] = found.rows
        reach.least[seeds.rows[seeds.is_safe]] = -settings.reach
        reach.most[seeds.rows[seeds.is_safe]] = 0.0
    return Interpolator(sound(Interpolation(ground.base, ground.shares, of_lists(lists), reach)))


def _support_vectors(ground: Ground, settings: SmoteSvmSettings, seed: int, budget: Budget) -> Steps[NDArray[np.int64]]:
    """Rows that the machine leans on, int64 [S]."""
    what = "The support vector machine"
    matrix = as_matrix(ground.places, features(ground.base))
    trial = np.random.default_rng(seed).permutation(len(ground.base))[::_TRIAL_SHARE]
    yield Progress(0, 2, "support vectors of a part")
    if len(np.unique(ground.of_class[trial])) > 1:
        before_s = budget.used_s
        SVC(C=settings.penalty).fit(matrix[trial], ground.of_class[trial])
        budget.check((budget.used_s - before_s) * _TRIAL_SHARE**2, what)
    yield Progress(1, 2, "support vectors of all rows")
    machine = SVC(C=settings.penalty).fit(matrix, ground.of_class)
    budget.check(0.0, what)
    support: NDArray[np.int64] = machine.support_.astype(np.int64)
    return support


def _seeds_of(ground: Ground, support: NDArray[np.int64], n_around: int, budget: Budget) -> Steps[Seeds]:
    """The support vectors of one class that are no noise, or all where each is."""
    everyone = np.arange(len(ground.base))
    found = yield from nearest(ground.places, support, everyone, n_around, budget)
    is_other = ground.of_class[found.rows] != ground.of_class[support][:, None]
    n_other, n_found = is_other.sum(axis=1), found.rows.shape[1]
    kept = n_other < n_found
    if not kept.any():
        kept[:] = True
    return Seeds(support[kept], n_other[kept] < n_found / 2)


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave."""
    return load_interpolator(saved)

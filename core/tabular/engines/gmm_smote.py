"""SMOTE whose neighbourhoods are the components of a Gaussian mixture, one mixture for each class on its main axes.

Codes follow the nearer end, as in plain SMOTE. A component reaches further than nearest neighbours do, so made rows lie
further from the training rows.
"""

import warnings
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.smote.distances import as_matrix, features
from core.tabular.engines.smote.ground import Ground, between, ground_of
from core.tabular.engines.smote.interpolation import Interpolator, load_interpolator
from core.tabular.engines.smote.partners import of_components
from core.tabular.engines.smote_settings import GmmSmoteSettings
from core.tabular.plain import PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_ROWS_EACH: Final = 10  # a component of fewer rows is their list and no distribution
_ROUNDS, _ITERATIONS = 10, 10
_LEAST_VARIANCE: Final = 1e-3  # of axes in standard deviations; keeps constant and repeated rows from being singular


def fit(table: PlainTable, settings: GmmSmoteSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Fits each class's mixture; `ValenceError` for too small a budget or a class of one row."""
    budget = Budget(budget_s)
    ground = ground_of(table, settings.most_rows, seed)
    axes = _main_axes(ground, settings.n_axes, seed)
    component = np.zeros(len(ground.base), dtype=np.int64)
    for code in np.unique(ground.of_class):
        rows = ground.rows_of(int(code))
        wanted = min(settings.n_components, max(len(rows) // _ROWS_EACH, 1))
        own = yield from _components(axes[rows], wanted, seed, budget)
        component[rows] = own + int(code) * settings.n_components
    return Interpolator(between(ground, of_components(component)))


def _main_axes(ground: Ground, n_axes: int, seed: int) -> NDArray[np.float64]:
    """The rows on the axes along which they differ most, float64 [R, at most `n_axes`]."""
    matrix = as_matrix(ground.places, features(ground.base))
    n_kept = min(n_axes, *matrix.shape)
    axes: NDArray[np.float64] = TruncatedSVD(n_kept, random_state=seed).fit_transform(matrix)
    return axes


def _components(axes: NDArray[np.float64], n_components: int, seed: int, budget: Budget) -> Steps[NDArray[np.int64]]:
    """Each row's most likely component, int64 [R]."""
    if n_components == 1:
        return np.zeros(len(axes), dtype=np.int64)
    mixture = GaussianMixture(
        n_components, reg_covar=_LEAST_VARIANCE, max_iter=_ITERATIONS, warm_start=True, random_state=seed
    )
    for done in range(1, _ROUNDS + 1):
        before_s = budget.used_s
        with warnings.catch_warnings():  # short of convergence after one round is what the next round is for
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(axes)
        finished = mixture.converged_ or done == _ROUNDS
        budget.check(0.0 if finished else budget.used_s - before_s, "A Gaussian mixture")
        yield Progress(done, _ROUNDS, f"mixture of {n_components} components")
        if finished:
            break
    component: NDArray[np.int64] = mixture.predict(axes).astype(np.int64)
    return component


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave."""
    return load_interpolator(saved)

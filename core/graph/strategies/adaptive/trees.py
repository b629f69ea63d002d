"""Two families of trees that predict answers from pair features, always out of fold."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.progress import Progress, Steps

N_FOLDS = 4
N_OUTCOMES = 3  # -, 0, +: an answer's class is its outcome plus one
_ROWS_PER_TREE = 12_000  # a random tree needs no more, and large catalogues have hundreds of thousands


def _boosted(seed: int, n_rows: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    leaf = max(2, min(20, n_rows // 20))
    return HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.2,
        max_leaf_nodes=15,
        min_samples_leaf=leaf,
        l2_regularization=1.0,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )


def _randomised(seed: int, n_rows: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    is_sampled = n_rows > _ROWS_PER_TREE
    return ExtraTreesClassifier(
        n_estimators=50,
        min_samples_leaf=3,
        max_features=0.4,
        bootstrap=is_sampled,
        max_samples=_ROWS_PER_TREE if is_sampled else None,
        random_state=seed,
    )


FAMILIES: Final[tuple[Callable[[int, int], Any], ...]] = (_boosted, _randomised)


def tree_predictions(
    family: Callable[[int, int], Any],
    features: NDArray[np.float32],
    classes: NDArray[np.int8],
    fold: NDArray[np.int8],
    seed: int,
) -> Steps[NDArray[np.float64]]:
    """Probabilities of each class for every pair, float64 [P, 3], of an answered one without its own answer.

    `classes`: int8 [P], 0..2, -1 where there is no answer; `fold`: int8 [P]. A pair of fold k is predicted by the trees
    that saw no answer of fold k, an unanswered pair by the mean of all folds.
    """
    found = np.zeros((len(classes), N_OUTCOMES))
    is_open = classes < 0
    for number in range(N_FOLDS):
        learns, waits = ~is_open & (fold != number), ~is_open & (fold == number)
        wanted = waits | is_open
        share = np.where(is_open[wanted], 1 / N_FOLDS, 1.0)
        found[wanted] += share[:, None] * _predict(
            family, features[learns], classes[learns], features[wanted], seed + number
        )
        yield Progress(number + 1, N_FOLDS, "fitting the sign model")
    return found


def _predict(
    family: Callable[[int, int], Any],
    known: NDArray[np.float32],
    classes: NDArray[np.int8],
    wanted: NDArray[np.float32],
    seed: int,
) -> NDArray[np.float64]:
    """One fit; the shares of the classes where there is too little to fit, or a single class."""
    counts = np.bincount(classes, minlength=N_OUTCOMES)
    if len(classes) < 2 * N_OUTCOMES or np.count_nonzero(counts) < 2 or not len(wanted):
        return np.tile((counts + 1) / (counts.sum() + N_OUTCOMES), (len(wanted), 1))
    found = np.zeros((len(wanted), N_OUTCOMES))
    # One thread: many for a fit of a second only wait for each other, the more so on a busy machine.
    with threadpool_limits(limits=1):
        model = family(seed % 2**32, len(classes)).fit(known, classes)
        found[:, model.classes_] = model.predict_proba(wanted)
    return found

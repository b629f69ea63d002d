"""Scikit-learn's boosted trees, on one thread."""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def boosted_trees(
    values: NDArray[np.float64], labels: NDArray[np.bool_], seed: int, weights: NDArray[np.float64] | None = None
) -> HistGradientBoostingClassifier:
    """200 trees of up to 31 leaves on float64 [R, F]; a column that is empty in every row tells nothing."""
    empty = np.isnan(values).all(axis=0)
    known = np.where(empty, 0.0, values) if empty.any() else values
    trees = HistGradientBoostingClassifier(
        learning_rate=0.1, max_iter=200, max_leaf_nodes=31, min_samples_leaf=20, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1):
        return trees.fit(known, labels, sample_weight=weights)


def scores_by(trees: HistGradientBoostingClassifier, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The trees' log-odds of rows, float64 [R]."""
    scores: NDArray[np.float64] = trees.decision_function(values)
    return scores

"""The logistic model of the report: one, for whatever is to be told apart."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.tabular.report.linear_features import LinearFeatures


def logistic_chances(
    features: LinearFeatures, labels: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Chances that tested rows are positive, float64 [T]; the training share for all where only one label is known."""
    if labels.all() or not labels.any():
        return np.full(len(features.tested), float(labels.mean()))
    with threadpool_limits(1):
        model = LogisticRegression(C=1.0, max_iter=500).fit(features.training, labels, sample_weight=weights)
        chances: NDArray[np.float64] = model.predict_proba(features.tested)[:, 1]
    return chances

"""The models whose worth is measured: logistic, XGBoost, and CatBoost where it is installed.

Where XGBoost is missing, scikit-learn's boosted trees stand in under their own name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.tabular.report.encoding import EncodedTable, Encoder
from core.tabular.report.linear_features import LinearFeatures, linear_features
from core.tabular.report.logistic import logistic_chances
from core.tabular.report.tree_features import tree_features

Chances = Callable[[LinearFeatures, NDArray[np.bool_], NDArray[np.float64] | None], NDArray[np.float64]]

# Slow and shallow, each tree seeing few columns: with some hundred positives, deeper trees learn them by heart.
_ROUNDS: Final = 200
_RATE: Final = 0.03
_DEPTH: Final = 3


@dataclass(frozen=True, slots=True)
class Predictor:
    """One kind of model: `chances(features, training labels, training weights)` are those of the tested rows."""

    name: str
    title: str
    sees_trees: bool
    chances: Chances


def predictors() -> tuple[Predictor, ...]:
    """The models that can be trained here, logistic first."""
    found = [Predictor("logistic", "Logistic regression", False, logistic_chances)]
    if find_spec("xgboost"):
        found.append(Predictor("xgboost", "XGBoost", True, _xgboost))
    else:
        found.append(Predictor("boosted-trees", "Boosted trees (scikit-learn)", True, _boosted))
    if find_spec("catboost"):
        found.append(Predictor("catboost", "CatBoost", True, _catboost))
    return tuple(found)


def features_for(
    predictor: Predictor, training: EncodedTable, labels: NDArray[np.bool_], tested: EncodedTable, encoder: Encoder,
    seed: int,
) -> LinearFeatures:  # fmt: skip
    """What a model sees of both tables, the target left out; trees see the plain columns beside the learnt ones."""
    target = encoder.schema.target
    linear = linear_features(training, labels, tested, encoder, target, seed)
    if not predictor.sees_trees:
        return linear
    plain = [tree_features(side, encoder).without(target) for side in (training, tested)]
    return LinearFeatures(
        (*linear.names, *plain[0].names),
        np.hstack([linear.training, plain[0].values]),
        np.hstack([linear.tested, plain[1].values]),
    )


def _xgboost(
    features: LinearFeatures, labels: NDArray[np.bool_], weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    model = import_module("xgboost").XGBClassifier(
        n_estimators=_ROUNDS, learning_rate=_RATE, max_depth=_DEPTH, min_child_weight=5, reg_lambda=10.0,
        subsample=0.8, colsample_bytree=0.3, tree_method="hist", n_jobs=1, random_state=0,
        base_score=_mean(labels, weights),
    )  # fmt: skip
    return _fitted(model, features, labels, weights)


def _boosted(
    features: LinearFeatures, labels: NDArray[np.bool_], weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    model = HistGradientBoostingClassifier(
        learning_rate=_RATE,
        max_iter=_ROUNDS,
        max_depth=_DEPTH,
        l2_regularization=10.0,
        max_features=0.3,
        early_stopping=False,
        random_state=0,
    )
    return _fitted(model, features, labels, weights)


def _catboost(
    features: LinearFeatures, labels: NDArray[np.bool_], weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    model = import_module("catboost").CatBoostClassifier(
        iterations=_ROUNDS, learning_rate=_RATE, depth=_DEPTH, thread_count=1, random_seed=0, verbose=False,
        allow_writing_files=False,
    )  # fmt: skip
    return _fitted(model, features, labels, weights)


def _fitted(
    model: Any, features: LinearFeatures, labels: NDArray[np.bool_], weights: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Chances of the tested rows; the training share for all where only one label is known."""
    if labels.all() or not labels.any():
        return np.full(len(features.tested), float(labels.mean()))
    empty = np.isnan(features.training).all(axis=0)  # scikit-learn's trees refuse a column without any value
    known = np.where(empty, 0.0, features.training)
    with threadpool_limits(1):
        model.fit(known, labels.astype(np.int64), sample_weight=weights)
        chances: NDArray[np.float64] = model.predict_proba(features.tested)[:, 1].astype(np.float64)
    return chances


def _mean(labels: NDArray[np.bool_], weights: NDArray[np.float64] | None) -> float:
    return float(np.clip(np.average(labels, weights=weights), 1e-6, 1 - 1e-6))

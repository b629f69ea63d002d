"""A logistic model that tries to tell synthetic from real rows: the field's usual figure, and why it is not enough."""

from typing import Final

import numpy as np

from core.progress import Progress, Steps
from core.tabular.report.drawing import random_for
from core.tabular.report.encoding import EncodedTable, Encoder
from core.tabular.report.folds import auc_interval, stratified_folds
from core.tabular.report.frozen import Interval
from core.tabular.report.joining import joined
from core.tabular.report.linear_features import linear_features
from core.tabular.report.logistic import logistic_chances

_FOLDS: Final = 3


def propensity_auc(real: EncodedTable, synthetic: EncodedTable, encoder: Encoder, seed: int) -> Steps[Interval]:
    """AUC over three folds of a model that adds up the columns, as many rows of each table."""
    n_each = min(len(real), len(synthetic))
    rng = random_for(seed, "propensity")
    drawn = [side.take(np.sort(rng.permutation(len(side))[:n_each])) for side in (real, synthetic)]
    rows = joined(*drawn)
    labels = np.arange(2 * n_each) >= n_each
    folds = stratified_folds(labels, _FOLDS, seed)
    scores = np.zeros(2 * n_each)
    for fold in range(_FOLDS):
        yield Progress(fold, _FOLDS, "A logistic model tells synthetic from real rows")
        learning, tested = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        features = linear_features(rows.take(learning), labels[learning], rows.take(tested), encoder, "", seed)
        scores[tested] = logistic_chances(features, labels[learning])
    return auc_interval(labels, scores)

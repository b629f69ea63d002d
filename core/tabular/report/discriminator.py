"""Boosted trees that try to tell synthetic rows from real ones: the headline of the report.

They see relations between columns, which figures of one column at a time cannot, and what they lean on is shown.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.errors import ValenceError
from core.progress import Progress, Steps, finish
from core.tabular.report.boosting import boosted_trees, scores_by
from core.tabular.report.drawing import random_for
from core.tabular.report.encoding import encoder_of
from core.tabular.report.fidelity_model import Discriminator, Giveaway
from core.tabular.report.folds import auc_interval, auc_of, stratified_folds
from core.tabular.report.rulebook import rulebook_of
from core.tabular.report.tree_features import Features, tree_features
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable

_FOLDS: Final = 3
_MOST_ROWS_EACH: Final = 10_000
_GIVEAWAYS: Final = 8
_LEAST_ROWS: Final = 20
_ROWS_AT_ONCE: Final = 20_000


def discriminate(real: RawTable, synthetic: RawTable, schema: TableSchema, seed: int) -> Discriminator:
    """How well boosted trees tell `synthetic` from `real` rows, as many of each, over three folds.

    A shortcut to this one figure of the report. `ValenceError` where a table has fewer than 20 rows.
    """
    encoder = encoder_of(schema, real)
    encoded = encoder.encode(real)
    rulebook = rulebook_of(encoder, encoded)
    made = tree_features(encoder.encode(synthetic), encoder, rulebook)
    return finish(tell_apart(tree_features(encoded, encoder, rulebook), made, seed))


def tell_apart(real: Features, synthetic: Features, seed: int) -> Steps[Discriminator]:
    """The discriminator on features of the same names; at most 10,000 rows of each, drawn by the seed."""
    n_each = min(len(real.values), len(synthetic.values), _MOST_ROWS_EACH)
    if n_each < _LEAST_ROWS:
        message = f"There are {n_each} rows on one side, too few to tell synthetic from real ones."
        raise ValenceError(message, fix=f"Take at least {_LEAST_ROWS} of each.")
    rng = random_for(seed, "discriminator")
    drawn = [side.values[np.sort(rng.permutation(len(side.values))[:n_each])] for side in (real, synthetic)]
    values = np.vstack(drawn)
    is_synthetic = np.arange(len(values)) >= n_each
    folds = stratified_folds(is_synthetic, _FOLDS, seed)
    scores = np.zeros(len(values))
    drops = np.zeros(len(real.names))
    for fold in range(_FOLDS):
        yield Progress(2 * fold, 2 * _FOLDS, "Boosted trees learn to tell synthetic from real rows")
        tested = folds == fold
        trees = boosted_trees(values[~tested], is_synthetic[~tested], seed)
        scores[tested] = _ranked(scores_by(trees, values[tested]))
        yield Progress(2 * fold + 1, 2 * _FOLDS, "What gives synthetic rows away")
        drops += _drops(trees, values[tested], is_synthetic[tested], rng) / _FOLDS
    order = np.argsort(-drops, kind="stable")[:_GIVEAWAYS]
    giveaways = tuple(Giveaway(feature=real.names[i], auc_drop=float(drops[i])) for i in order if drops[i] > 0)
    return Discriminator(auc=auc_interval(is_synthetic, scores), n_rows_each=n_each, giveaways=giveaways)


def _ranked(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores of one fold made comparable with those of another fold's trees: places from 0 to 1."""
    return np.searchsorted(np.sort(scores), scores, side="right") / len(scores)


def _drops(
    trees: HistGradientBoostingClassifier, values: NDArray[np.float64], labels: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.float64]:  # fmt: skip
    """AUC lost on rows not trained on when one feature's values are dealt anew, float64 [F]."""
    n_rows, n_features = values.shape
    drops = np.zeros(n_features)
    at_once = max(_ROWS_AT_ONCE // n_rows, 1)
    with threadpool_limits(1):
        whole = auc_of(labels, scores_by(trees, values))
        for start in range(0, n_features, at_once):
            features = range(start, min(start + at_once, n_features))
            shuffled = np.tile(values, (len(features), 1, 1))
            for place, feature in enumerate(features):
                shuffled[place, :, feature] = rng.permutation(values[:, feature])
            scores = scores_by(trees, shuffled.reshape(-1, n_features)).reshape(len(features), n_rows)
            drops[start : start + len(features)] = [whole - auc_of(labels, found) for found in scores]
    return drops

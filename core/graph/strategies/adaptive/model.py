"""The sign model: what each pair probably is, learned from features and the answers so far."""

import numpy as np
from numpy.typing import NDArray

from core.graph.strategies.adaptive.calibration import Beliefs, calibrate
from core.graph.strategies.adaptive.features import PairFeatures
from core.graph.strategies.adaptive.trees import FAMILIES, N_FOLDS, N_OUTCOMES, tree_predictions
from core.progress import Progress, Steps


def learn_signs(features: PairFeatures, classes: NDArray[np.int8], seed: int, *, is_quick: bool) -> Steps[Beliefs]:
    """Fit trees out of fold and weigh them by the answers; `classes`: int8 [P], outcome plus one, -1 for no answer.

    `is_quick` fits one family only: enough to choose what to ask next. Without any answer every outcome is as likely.
    """
    if not (classes >= 0).any():
        return Beliefs(np.full((len(classes), N_OUTCOMES), 1 / N_OUTCOMES), 0.0, 0.0)
    folds = np.random.default_rng(seed).integers(0, N_FOLDS, len(classes), dtype=np.int8)
    families = FAMILIES[:1] if is_quick else FAMILIES
    predictions = []
    for number, family in enumerate(families):
        fit = tree_predictions(family, features.values, classes, folds, seed + 1_000 * number)
        predictions.append((yield from fit))
    yield Progress(len(families), len(families), "weighing the predictions")
    return calibrate(predictions, classes)

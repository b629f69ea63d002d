"""Train on synthetic rows, test on the real holdout; the same models trained on real rows are the measure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.report.bench import Bench
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable
from core.tabular.report.joining import joined
from core.tabular.report.predictors import Predictor, features_for, predictors
from core.tabular.report.resampling import Scores, interval_of, ratio_of, scores_of
from core.tabular.report.utility_model import Augmentation, ModelUtility, Utility
from core.tabular.report.verdicts import base_rate_cut, calibration, calibration_error, cut_at

_LARGEST_RATIO: Final = 0.25


@dataclass(frozen=True, slots=True)
class RealUtility:
    """What the models make of the training rows themselves: chances of the holdout's rows, and scores, by model."""

    chances: Mapping[str, NDArray[np.float64]]
    scores: Mapping[str, Scores]
    weighted: Scores


def real_utility(bench: Bench) -> Steps[RealUtility]:
    """Every model trained on the training rows, and boosted trees with class weights as well."""
    chances, scores = {}, {}
    labels = bench.is_positive(bench.holdout)
    for number, predictor in enumerate(predictors()):
        yield Progress(number, len(predictors()) + 1, f"{predictor.title} on real rows")
        chances[predictor.name] = _chances(predictor, bench.train, bench)
        scores[predictor.name] = scores_of(labels, chances[predictor.name], bench.seed)
    yield Progress(len(predictors()), len(predictors()) + 1, "Class weights on real rows")
    positive = bench.is_positive(bench.train)
    weights = np.where(positive, (~positive).sum() / positive.sum(), 1.0)
    weighted = scores_of(labels, _chances(_boosted(), bench.train, bench, weights), bench.seed)
    return RealUtility(chances, scores, weighted)


def utility_of(synthetic: EncodedTable, real: RealUtility, bench: Bench) -> Steps[Utility]:
    """All models on at most as many synthetic rows as there are training rows, and the positives as an addition."""
    rows = synthetic.take(drawn_rows(len(synthetic), len(bench.train), bench.seed, "trained"))
    models = []
    for number, predictor in enumerate(predictors()):
        yield Progress(number, len(predictors()) + 1, f"{predictor.title} on synthetic rows")
        models.append(model_utility(predictor, _chances(predictor, rows, bench), real, bench))
    yield Progress(len(predictors()), len(predictors()) + 1, "Synthetic positives beside the real rows")
    return Utility(models=tuple(models), augmentation=_augmentation(synthetic, real, bench))


def model_utility(predictor: Predictor, chances: NDArray[np.float64], real: RealUtility, bench: Bench) -> ModelUtility:
    """All figures of one model's chances of the holdout's rows."""
    labels = bench.is_positive(bench.holdout)
    own, other = scores_of(labels, chances, bench.seed), real.scores[predictor.name]
    bins = calibration(labels, chances)
    return ModelUtility(
        model=predictor.name,
        title=predictor.title,
        roc_auc=interval_of(own.auc, own.drawn_auc),
        average_precision=interval_of(own.precision, own.drawn_precision),
        auc_ratio=ratio_of(own.auc, other.auc, own.drawn_auc, other.drawn_auc),
        precision_ratio=ratio_of(own.precision, other.precision, own.drawn_precision, other.drawn_precision),
        at_half=cut_at(labels, chances, 0.5),
        at_base_rate=base_rate_cut(labels, chances, float(bench.is_positive(bench.train).mean())),
        mae=float(np.abs(chances - labels).mean()),
        calibration_error=calibration_error(bins),
        calibration=bins,
    )


def _chances(
    predictor: Predictor, training: EncodedTable, bench: Bench, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    labels = bench.is_positive(training)
    features = features_for(predictor, training, labels, bench.holdout, bench.encoder, bench.seed)
    return predictor.chances(features, labels, weights)


def _boosted() -> Predictor:
    return next(predictor for predictor in predictors() if predictor.sees_trees)


def _augmentation(synthetic: EncodedTable, real: RealUtility, bench: Bench) -> Augmentation | None:
    """Synthetic positives beside the training rows, up to one positive in four; None without any."""
    n_real = int(bench.is_positive(bench.train).sum())
    wanted = max(int(_LARGEST_RATIO / (1 - _LARGEST_RATIO) * (len(bench.train) - n_real)) - n_real, n_real)
    positive = np.flatnonzero(bench.is_positive(synthetic))
    added = positive[drawn_rows(len(positive), wanted, bench.seed, "added")]
    if not len(added):
        return None
    boosted, labels = _boosted(), bench.is_positive(bench.holdout)
    own = scores_of(labels, _chances(boosted, joined(bench.train, synthetic.take(added)), bench), bench.seed)
    plain, weighted = real.scores[boosted.name], real.weighted
    return Augmentation(
        model=boosted.name,
        n_added=len(added),
        plain_auc=interval_of(plain.auc, plain.drawn_auc),
        weighted_auc=interval_of(weighted.auc, weighted.drawn_auc),
        augmented_auc=interval_of(own.auc, own.drawn_auc),
        plain_precision=interval_of(plain.precision, plain.drawn_precision),
        weighted_precision=interval_of(weighted.precision, weighted.drawn_precision),
        augmented_precision=interval_of(own.precision, own.drawn_precision),
        gain_over_weights=interval_of(own.auc - weighted.auc, own.drawn_auc - weighted.drawn_auc),
    )

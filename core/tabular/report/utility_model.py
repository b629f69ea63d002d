"""What a model is worth that was trained on a synthetic table and is tested on the real holdout."""

from core.tabular.report.frozen import Frozen, Interval


class Cut(Frozen):
    """Yes-or-no figures where rows of at least the `threshold` are called positive."""

    threshold: float
    accuracy: float
    precision: float
    recall: float
    f1: float


class CalibrationBin(Frozen):
    """Rows of like predictions: what was predicted on average, and what share of them was positive."""

    predicted: float
    observed: float
    n_rows: int


class ModelUtility(Frozen):
    """One kind of model, trained on synthetic rows (`"real"` says: on the training rows), tested on the holdout.

    The ratios are to the same model trained on real rows, over the same resampled holdouts. At the base rate, as many
    rows are called positive as the training rows lead one to expect.
    """

    model: str
    title: str
    roc_auc: Interval
    average_precision: Interval
    auc_ratio: Interval
    precision_ratio: Interval
    at_half: Cut
    at_base_rate: Cut
    mae: float
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]


class Augmentation(Frozen):
    """Boosted trees on the training rows three ways: as they are, with class weights, with synthetic positives added.

    `n_added` synthetic rows of the rarest class joined the training rows, none the holdout.
    """

    model: str
    n_added: int
    plain_auc: Interval
    weighted_auc: Interval
    augmented_auc: Interval
    plain_precision: Interval
    weighted_precision: Interval
    augmented_precision: Interval
    gain_over_weights: Interval


class Utility(Frozen):
    """Every kind of model tried, and what the table is worth as additional positives (None: it has too few)."""

    models: tuple[ModelUtility, ...]
    augmentation: Augmentation | None

    def model(self, name: str) -> ModelUtility | None:
        """The figures of the model of this name, None where it was not run."""
        return next((model for model in self.models if model.model == name), None)

"""What a set of predictions scores: macro F1, F1 per label, accuracy, calibration, all from one count of the cells."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.predictions import Predictions

N_BINS: Final = 15


@dataclass(frozen=True, eq=False, slots=True)
class Score:
    """The figures of one set of predictions over some rows.

    `per_class`: F1 of each label in the version's order; `confusion`, int64 [K, K]: rows are true labels, columns
    predicted ones; `ece`: expected calibration error, None without probabilities.
    """

    macro_f1: float
    per_class: tuple[float, ...]
    accuracy: float
    confusion: NDArray[np.int64]
    ece: float | None = None

    @property
    def n_rows(self) -> int:
        """How many rows were scored."""
        return int(self.confusion.sum())


def score_predictions(
    predictions: Predictions, label: NDArray[np.int8], n_labels: int, rows: NDArray[np.bool_] | None = None
) -> Score:
    """Score the rows where `rows` (bool [R]) is true, all by default, against the true `label` (int8 [R])."""
    predicted, probabilities = predictions.label, predictions.probabilities
    if rows is not None:
        predicted, label = predicted[rows], label[rows]
        probabilities = None if probabilities is None else probabilities[rows]
    ece = None if probabilities is None else calibration_error(probabilities, label)
    return score_of(confusion_of(label, predicted, n_labels), ece)


def score_of(confusion: NDArray[np.int64], ece: float | None = None) -> Score:
    """The figures that follow from a confusion matrix, int64 [K, K]."""
    per_class = f1_per_class(confusion)
    accuracy = float(np.trace(confusion)) / max(int(confusion.sum()), 1)
    return Score(float(per_class.mean()), tuple(per_class.tolist()), accuracy, confusion, ece)


def confusion_of(true: NDArray[np.int8], predicted: NDArray[np.int8], n_labels: int) -> NDArray[np.int64]:
    """How often each label (row) was predicted as each (column): int64 [K, K]."""
    cells = np.bincount(true.astype(np.intp) * n_labels + predicted, minlength=n_labels * n_labels)
    return cells.reshape(n_labels, n_labels).astype(np.int64)


def f1_per_class(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of each label, 2 TP / (true + predicted), for any stack of matrices: float64 [..., K] of int64 [..., K, K].

    A label that is neither true nor predicted anywhere counts 0, as scikit-learn's `zero_division=0` has it.
    """
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    size = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    return np.asarray(2.0 * hits / np.maximum(size, 1), dtype=np.float64)


def macro_f1_of(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """The plain mean of the labels' F1 for any stack of matrices: float64 [...] of int64 [..., K, K]."""
    return np.asarray(f1_per_class(confusion).mean(axis=-1), dtype=np.float64)


def cell_influence(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much a row in each cell of the matrix moves the macro F1, times the number of rows: float64 [K, K].

    The influence function of mean_k 2 TP_k / (T_k + P_k): its mean over the rows is 0, and the variance of its mean
    over n rows is the variance of the score.
    """
    n_labels, n = len(confusion), int(confusion.sum())
    size = np.maximum(confusion.sum(axis=1) + confusion.sum(axis=0), 1)
    part = -f1_per_class(confusion) / size  # what one more true, or one more predicted, row of a label takes away
    effect = part[:, None] + part[None, :]
    np.fill_diagonal(effect, effect.diagonal() + 2 / size)
    return np.asarray(effect * (n / n_labels), dtype=np.float64)


def calibration_error(probabilities: NDArray[np.float64], label: NDArray[np.int8]) -> float:
    """Expected calibration error of the likeliest label: sum over bins of (n_b / n) |accuracy_b - confidence_b|.

    15 bins of equal width over (0, 1], each open below and closed above (Guo, Pleiss, Sun and Weinberger 2017, "On
    Calibration of Modern Neural Networks", equation 3, after Naeini et al. 2015). What counts as right is the label of
    the highest probability, the first of equals, whatever label was submitted beside it.
    """
    if len(label) == 0:
        return 0.0
    top = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(top)), top]
    is_right = (top == label).astype(np.float64)
    bins = np.clip(np.ceil(confidence * N_BINS).astype(np.intp) - 1, 0, N_BINS - 1)
    gap = np.bincount(bins, weights=is_right - confidence, minlength=N_BINS)
    return float(np.abs(gap).sum() / len(label))

"""How well probabilities name the labels of rows; macro F1 as scikit-learn defines it, with 0 for an absent label."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

N_BINS = 15  # of confidence, of equal width


class ModelScore(NamedTuple):
    """`f1`: float64 [K]; all figures 0..1. `ece`: of the most probable label, weighted over `N_BINS` bins."""

    macro_f1: float
    accuracy: float
    f1: NDArray[np.float64]
    ece: float


def score_probabilities(probabilities: NDArray[np.float64], label: NDArray[np.int32]) -> ModelScore:
    """Score the most probable label of each row, float64 [R, K] against int32 [R]; R at least 1.

    Calibration: Guo et al. 2017, "On calibration of modern neural networks", equation 3.
    """
    n_labels = probabilities.shape[1]
    called = probabilities.argmax(axis=1)
    f1 = f1_by_label(called, label, n_labels)
    right = called == label
    return ModelScore(float(f1.mean()), float(right.mean()), f1, _ece(probabilities.max(axis=1), right))


def f1_by_label(called: NDArray[np.int64], label: NDArray[np.int32], n_labels: int) -> NDArray[np.float64]:
    """2 TP / (rows of the label + rows called by it), float64 [K]; 0 for a label that neither has."""
    right = np.bincount(label[called == label], minlength=n_labels)
    either = np.bincount(label, minlength=n_labels) + np.bincount(called, minlength=n_labels)
    return np.asarray(2 * right / np.maximum(either, 1), dtype=np.float64)


def _ece(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    bins = np.ceil(confidence * N_BINS).astype(np.int64).clip(1, N_BINS) - 1  # each open below, closed above
    gap = np.bincount(bins, confidence, N_BINS) - np.bincount(bins, right, N_BINS)
    return float(np.abs(gap).sum() / len(right))

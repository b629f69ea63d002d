"""Yes-or-no figures and calibration of chances."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.utility_model import CalibrationBin, Cut

_BINS: Final = 10


def cut_at(labels: NDArray[np.bool_], chances: NDArray[np.float64], threshold: float) -> Cut:
    """Rows of at least the threshold called positive; precision is 0 where none is."""
    called = chances >= threshold
    hits = float((called & labels).sum())
    precision = hits / called.sum() if called.any() else 0.0
    recall = hits / labels.sum() if labels.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    accuracy = float((called == labels).mean())
    return Cut(threshold=threshold, accuracy=accuracy, precision=float(precision), recall=float(recall), f1=float(f1))


def base_rate_cut(labels: NDArray[np.bool_], chances: NDArray[np.float64], base_rate: float) -> Cut:
    """The share `base_rate` of the rows with the highest chances called positive, and whatever ties with the last."""
    n_called = max(round(base_rate * len(chances)), 1)
    return cut_at(labels, chances, float(np.sort(chances)[-n_called]))


def calibration(labels: NDArray[np.bool_], chances: NDArray[np.float64]) -> tuple[CalibrationBin, ...]:
    """Ten bins of about equally many rows by rising chance; rows of one chance are never parted."""
    edges = np.unique(np.quantile(chances, np.arange(1, _BINS) / _BINS))
    bins = np.searchsorted(edges, chances, side="right")
    found = (bins == number for number in np.unique(bins))
    return tuple(
        CalibrationBin(
            predicted=float(chances[rows].mean()), observed=float(labels[rows].mean()), n_rows=int(rows.sum())
        )
        for rows in found
    )


def calibration_error(bins: tuple[CalibrationBin, ...]) -> float:
    """Mean gap between predicted and observed share, each bin weighing its rows."""
    total = sum(part.n_rows for part in bins)
    return sum(abs(part.predicted - part.observed) * part.n_rows for part in bins) / total

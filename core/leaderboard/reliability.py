"""How sure a model is against how often it is right, in bins of its confidence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.metrics import N_BINS


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """The bins of the calibration error, of equal width over (0, 1]: float64 [15] each, NaN in empty bins.

    `share` of the rows whose highest probability lies in the bin, their mean `confidence`, and the `accuracy` of the
    label that has it. The calibration error is the sum of share x |accuracy - confidence|.
    """

    share: NDArray[np.float64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    def rounded(self, decimals: int) -> "Reliability":
        """The same at so many decimals, too few to count single rows back from."""
        return Reliability(*(np.round(part, decimals) for part in (self.share, self.confidence, self.accuracy)))


def reliability_of(probabilities: NDArray[np.float64], label: NDArray[np.int8]) -> Reliability:
    """The bins of probabilities, float64 [R, K], against the true labels, int8 [R]."""
    top = probabilities.argmax(axis=1)
    confidence = probabilities[np.arange(len(top)), top]
    bins = np.clip(np.ceil(confidence * N_BINS).astype(np.intp) - 1, 0, N_BINS - 1)
    counts = np.bincount(bins, minlength=N_BINS).astype(np.float64)
    within = np.where(counts > 0, counts, np.nan)
    return Reliability(
        share=counts / max(len(label), 1),
        confidence=np.bincount(bins, weights=confidence, minlength=N_BINS) / within,
        accuracy=np.bincount(bins, weights=(top == label).astype(np.float64), minlength=N_BINS) / within,
    )

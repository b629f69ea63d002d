"""Which scores a board shows: a new one only where it beats the best beyond noise, so that guessing teaches nothing.

After Blum and Hardt 2015, "The Ladder: A Reliable Leaderboard for Machine Learning Competitions", algorithm 2: a score
replaces the best one shown only if it is better by more than the standard error of the paired difference. A team that
changes a few rows at random passes that step every sixth time and climbs by it each time (Hardt 2017, "Climbing a Shaky
Ladder"). So the step grows with the tries: the best of t fruitless tries is expected to lie up to sqrt(2 ln t) standard
errors above nothing, and a new score must beat that. `benchmarks/ladder.py` shows both rules under attack.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.metrics import cell_influence, confusion_of, macro_f1_of


class Step(NamedTuple):
    """A new macro F1 held against the best one shown: by how much it is higher, the standard error of that
    difference, and how many standard errors it must be higher by.
    """

    gain: float
    error: float
    n_errors: float

    @property
    def is_improvement(self) -> bool:
        """Whether the new score replaces the best one."""
        return self.gain > self.n_errors * self.error and self.gain > 0.0


def step_between(
    true: NDArray[np.int8], best: NDArray[np.int8], new: NDArray[np.int8], n_labels: int, n_before: int
) -> Step:
    """Hold new predictions against the best ones shown, int8 [R] of the same rows as the `true` labels.

    `n_before`: how many submissions of this standing were scored before, at least 1. The standard error is that of the
    mean over rows of the difference of both scores' influence functions (the delta method).
    """
    counts = [confusion_of(true, predicted, n_labels) for predicted in (new, best)]
    gain = float(macro_f1_of(counts[0]) - macro_f1_of(counts[1]))
    moved = cell_influence(counts[0])[true, new] - cell_influence(counts[1])[true, best]
    error = float(np.sqrt(moved.var() / max(len(true), 1))) if len(true) else 0.0
    return Step(gain, error, errors_to_beat(n_before))


def errors_to_beat(n_before: int) -> float:
    """How many standard errors a score must be higher by, after so many scored submissions: max(1, sqrt(2 ln t))."""
    return max(1.0, float(np.sqrt(2.0 * np.log(max(n_before, 1)))))

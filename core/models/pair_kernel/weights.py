"""Choosing the kernel's weights: those whose estimates come closest to the labels of rows they have not seen."""

from collections.abc import Generator, Iterator
from typing import Final, NamedTuple

import numpy as np

from core.models.holdout import hold_out, thin
from core.models.pair_kernel.contrasts import targets
from core.models.pair_kernel.kernel import pair_kernel
from core.models.pair_kernel.layout import PairLayout, RowPairs, row_pairs
from core.models.pair_kernel.settings import KernelWeights
from core.models.pair_kernel.solving import Columns, conjugate_gradients, finished
from core.models.pair_kernel.system import RowSystem, main_effects_preconditioner, row_means
from core.models.tables import TrainingSet

_GRID: Final = {
    "noise": (1e-3, 4e-3, 1.6e-2, 6.4e-2),
    "shared": (0.03, 0.1, 0.3, 1.0),
    "content": (0.01, 0.03, 0.1, 0.3),
    "modality": (0.0, 0.01, 0.1),
}  # one weight after the other, from the middle of all
_SHARE_JUDGED: Final = 0.3
_TOLERANCE: Final = 1e-2
_MOST_ITERATIONS: Final = 60


class Trial(NamedTuple):
    """Weights that were tried. `unexplained`: the squared error of held-out targets over their variance."""

    weights: KernelWeights
    unexplained: float


def n_trials() -> int:
    """How many weights are tried at most."""
    return 1 + sum(len(values) - 1 for values in _GRID.values())


def choose_weights(
    training: TrainingSet, layout: PairLayout, most_rows: int, seed: int
) -> Generator[Trial, None, KernelWeights]:
    """Try one weight after the other on a few rows and return the best, yielding every trial.

    The best weights hardly depend on the number of rows: they say how alike attributes are, not how much is known.
    """
    few = training.take(thin(training, most_rows, seed))
    parts = hold_out(few, _SHARE_JUDGED, seed)
    judge = _Judge(few.take(parts.fit), few.take(parts.valid), layout)
    best = Trial(KernelWeights(), judge.unexplained(KernelWeights()))
    yield best
    for name, values in _GRID.items():
        for weights in _others(best.weights, name, values):
            trial = Trial(weights, judge.unexplained(weights))
            yield trial
            best = min(best, trial, key=lambda tried: tried.unexplained)
    return best.weights


def _others(weights: KernelWeights, name: str, values: tuple[float, ...]) -> Iterator[KernelWeights]:
    return (weights.model_copy(update={name: value}) for value in values if value != getattr(weights, name))


class _Judge:
    """Fits on some rows and judges by others."""

    def __init__(self, fit: TrainingSet, valid: TrainingSet, layout: PairLayout) -> None:
        n_labels = len(fit.labels)
        self._fit, self._layout = fit, layout
        self._pairs: RowPairs = row_pairs(layout, fit.rows)
        self._judged: RowPairs = row_pairs(layout, valid.rows)
        self._targets: Columns = targets(fit.label, n_labels)
        self._wanted: Columns = targets(valid.label, n_labels)

    def unexplained(self, weights: KernelWeights) -> float:
        """Share of the variance, 0 for perfect and 1 for no estimate at all."""
        system = RowSystem(pair_kernel(self._fit.attributes, self._layout, weights), self._pairs)
        near = main_effects_preconditioner(system, self._fit.rows)
        start = np.zeros_like(self._targets)
        solved = finished(conjugate_gradients(system.apply, self._targets, start, _TOLERANCE, _MOST_ITERATIONS, near))
        estimates = row_means(self._judged, system.spread(solved.values))
        return float(((self._wanted - estimates) ** 2).sum() / (self._wanted**2).sum())

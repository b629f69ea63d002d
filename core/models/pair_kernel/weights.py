"""Choosing the kernel's weights: those whose estimates come closest to the labels of rows they have not seen.

Some attributes are kept from all rows that are learnt from, so weights are judged by new attributes too.
"""

from collections.abc import Generator
from typing import Final, NamedTuple

import numpy as np

from core.models.holdout import hold_out, thin
from core.models.pair_kernel.contrasts import targets
from core.models.pair_kernel.kernel import pair_kernel
from core.models.pair_kernel.layout import PairLayout, RowPairs, row_pairs
from core.models.pair_kernel.settings import KernelWeights
from core.models.pair_kernel.solving import Columns, conjugate_gradients
from core.models.pair_kernel.system import RowSystem, main_effects_preconditioner, row_means
from core.models.tables import TrainingSet
from core.progress import finish

_GRID: Final = {
    "noise": (2.5e-4, 1e-3, 4e-3, 1.6e-2, 6.4e-2, 0.25),
    "modality": (0.0, 0.01, 0.03, 0.1, 0.3, 1.0),
    "shared": (0.01, 0.03, 0.1, 0.3, 1.0),
    "content": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
}  # one weight after the other, from the middle of all
_SHARE_JUDGED: Final = 0.3
_KNOWN_SHARE: Final = 0.6  # about so many of the rows hold no attribute that is made new
_LEAST_KNOWN: Final = 0.3
_TOLERANCE: Final = 1e-2
_MOST_ITERATIONS: Final = 60


class Trial(NamedTuple):
    """Weights that were tried. `unexplained`: the squared error of held-out targets over their variance."""

    weights: KernelWeights
    unexplained: float


def most_trials() -> int:
    """How many weights are tried at most."""
    return 1 + sum(len(values) - 1 for values in _GRID.values())


def choose_weights(
    training: TrainingSet, layout: PairLayout, most_rows: int, seed: int
) -> Generator[Trial, None, KernelWeights]:
    """Try one weight after the other on a few rows, uphill as long as it helps, and return the best of all trials.

    The best weights hardly depend on the number of rows: they say how alike attributes are, not how much is known.
    """
    few = training.take(thin(training, most_rows, seed))
    parts = hold_out(few, _SHARE_JUDGED, seed)
    judge = _Judge(_without_some_attributes(few.take(parts.fit), seed), few.take(parts.valid), layout)
    best = judge.tried(KernelWeights())
    yield best
    for name, values in _GRID.items():
        start = values.index(getattr(best.weights, name))
        for way in (values[start + 1 :], values[:start][::-1]):
            before = best
            for value in way:
                trial = judge.tried(best.weights.model_copy(update={name: value}))
                yield trial
                if trial.unexplained >= best.unexplained:
                    break
                best = trial
            if best is not before:
                break  # the other way was uphill from where it began
    return best.weights


def _without_some_attributes(training: TrainingSet, seed: int) -> TrainingSet:
    """The rows that hold none of a few attributes; all rows where too few, or too few labels, would be left."""
    n = len(training.attributes)
    mean_size = max(len(training.rows.nodes) / len(training), 1.0)
    new = np.random.default_rng([seed, n]).random(n) < 1.0 - _KNOWN_SHARE ** (1.0 / mean_size)
    holds = np.bincount(training.rows.row_of_node()[new[training.rows.nodes]], minlength=len(training)) > 0
    left = np.flatnonzero(~holds)
    all_labels = len(np.unique(training.label[left])) == len(np.unique(training.label))
    return training.take(left) if all_labels and len(left) > _LEAST_KNOWN * len(training) else training


class _Judge:
    """Fits on some rows and judges by others."""

    def __init__(self, fit: TrainingSet, valid: TrainingSet, layout: PairLayout) -> None:
        n_labels = len(fit.labels)
        self._fit, self._layout = fit, layout
        self._pairs: RowPairs = row_pairs(layout, fit.rows)
        self._judged: RowPairs = row_pairs(layout, valid.rows)
        self._targets: Columns = targets(fit.label, n_labels)
        self._wanted: Columns = targets(valid.label, n_labels)

    def tried(self, weights: KernelWeights) -> Trial:
        """What these weights leave unexplained: 0 for perfect estimates, 1 for none at all."""
        system = RowSystem(pair_kernel(self._fit.attributes, self._layout, weights), self._pairs)
        near = main_effects_preconditioner(system, self._fit.rows)
        start = np.zeros_like(self._targets)
        solved = finish(conjugate_gradients(system.apply, self._targets, start, _TOLERANCE, _MOST_ITERATIONS, near))
        estimates = row_means(self._judged, system.spread(solved.values))
        return Trial(weights, float(((self._wanted - estimates) ** 2).sum() / (self._wanted**2).sum()))

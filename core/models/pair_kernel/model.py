"""A fitted pair kernel model: an estimate of every pair, and a head that reads a row's mean of them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.models.pair_kernel.contrasts import between, targets
from core.models.pair_kernel.edge_table import (
    PairEstimates,
    contrast_of_pairs,
    label_pair,
    posterior_deviation,
    prior_scale,
    surest,
)
from core.models.pair_kernel.head import Head
from core.models.pair_kernel.kernel import Floats, PairKernel
from core.models.pair_kernel.layout import PairLayout, row_pairs
from core.models.pair_kernel.rows import Expected, head_rows
from core.models.pair_kernel.settings import Flips, PairKernelSettings
from core.models.pair_kernel.solving import Columns
from core.models.pair_kernel.system import RowSystem
from core.models.tables import CampaignRows, TrainingSet
from core.progress import finish

_BLOCK_ROWS: Final = 20_000  # predicted together
_DEVIATION_TOLERANCE: Final = 0.03


@dataclass(frozen=True, eq=False)
class Learnt:
    """What the table of pairs is told from: the rows, and the weight of each in the estimates, float64 [R, K - 1]."""

    training: TrainingSet
    kernel: PairKernel
    weights: Columns
    seed: int


@dataclass(frozen=True, eq=False)
class PairKernelModel:
    """`of_pairs`: estimates of all P pairs, float32 [P, K - 1]; `usual`: what training rows are like.

    `found`: the settings with the kernel's weights that were chosen; `notes`: what to know of the fit.
    """

    of_pairs: Floats
    usual: Expected
    head: Head
    found: PairKernelSettings
    notes: tuple[str, ...]
    learnt: Learnt = field(repr=False)

    @property
    def layout(self) -> PairLayout:
        """The numbers of the pairs."""
        return self.learnt.kernel.layout

    def probabilities(self, rows: CampaignRows) -> NDArray[np.float64]:
        """Chances of the labels, float64 [R, K]."""
        of_given = self.found.flips is Flips.KEPT
        blocks = [np.empty((0, len(self.learnt.training.labels)))]
        with threadpool_limits(1):
            for start in range(0, len(rows), _BLOCK_ROWS):
                block = rows.take(np.arange(start, min(start + _BLOCK_ROWS, len(rows)), dtype=np.int64))
                blocks.append(self.head.chances(head_rows(self.layout, block, self.of_pairs, self.usual), of_given))
        return np.concatenate(blocks)

    def estimated_pairs(self) -> PairEstimates:
        """The pairs that the labels speak for or against most surely; takes about as long as the training."""
        training, labels = self.learnt.training, self.learnt.training.labels
        with threadpool_limits(1):
            system = RowSystem(self.learnt.kernel, row_pairs(self.layout, training.rows))
            estimates = system.means(self.of_pairs)
            chosen = label_pair(labels, self.found.spoken_for, self.found.spoken_against, estimates, training.label)
            mean = contrast_of_pairs(self.of_pairs, chosen, len(labels))
            mixed = between(*chosen, len(labels))
            scale = prior_scale(self.learnt.weights @ mixed, targets(training.label, len(labels)) @ mixed)
            deviation = scale * finish(
                posterior_deviation(system, training.rows, self.found.n_samples, _DEVIATION_TOLERANCE, self.learnt.seed)
            )
        listed = surest(mean, deviation, self.found.n_pairs)
        source, target = self.layout.pair_ends(listed)
        return PairEstimates(
            source=source,
            target=target,
            mean=mean[listed],
            deviation=deviation[listed].astype(np.float32),
            spoken_for=labels[chosen.spoken_for],
            spoken_against=labels[chosen.spoken_against],
        )

"""For and against which pairs the labels speak, and how surely: what a fitted pair kernel model knows of the graph."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import NotFound
from core.models.pair_kernel.contrasts import between
from core.models.pair_kernel.kernel import Floats
from core.models.pair_kernel.solving import Columns, Iteration, conjugate_gradients
from core.models.pair_kernel.system import RowSystem, main_effects_preconditioner
from core.models.tables import CampaignRows

_POOLED: Final = 8  # draws that all pairs together count for


@dataclass(frozen=True, eq=False)
class PairEstimates:
    """N pairs of attributes, the surest first.

    `source`, `target`: int32 positions in the attribute table. `mean`, float32: what a row that held such pairs only
    would be called beyond the average row, on the scale of 1 for rows labelled `spoken_for` and -1 for
    `spoken_against`; above 0 the labels speak for the pair. `deviation`, float32: the standard deviation that the rows
    leave; of a pair that no row tells of, the prior's.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]
    spoken_for: str
    spoken_against: str


class LabelPair(NamedTuple):
    """Places of two labels: what a pair can be spoken for, and against."""

    spoken_for: int
    spoken_against: int


def check_label_names(labels: tuple[str, ...], spoken_for: str, spoken_against: str) -> None:
    """`NotFound` for a name that is no label, which lists those there are, and for one label on both sides."""
    unknown = [name for name in (spoken_for, spoken_against) if name and name not in labels]
    if unknown or (spoken_for and spoken_for == spoken_against):
        said = f"There is no label {unknown[0]!r}." if unknown else f"{spoken_for!r} cannot be both for and against."
        raise NotFound(said, f"Name two of: {', '.join(labels)}; or none.")


def label_pair(
    labels: tuple[str, ...], spoken_for: str, spoken_against: str, estimates: Columns, label: NDArray[np.int32]
) -> LabelPair:
    """The two labels named; for an empty name, such that their rows' mean estimates, [R, T], lie furthest apart.

    Of two found so, the one that comes first among `labels` is spoken for.
    """
    centres = {int(place): estimates[label == place].mean(axis=0) for place in np.unique(label)}
    first = (labels.index(spoken_for),) if spoken_for else tuple(centres)
    second = (labels.index(spoken_against),) if spoken_against else tuple(centres)
    nowhere = np.zeros(estimates.shape[1])
    apart = {
        LabelPair(a, b): float(((centres.get(a, nowhere) - centres.get(b, nowhere)) ** 2).sum())
        for a in first
        for b in second
        if a != b
    }
    return max(apart, key=lambda pair: apart[pair])


def contrast_of_pairs(of_pairs: Floats, chosen: LabelPair, n_labels: int) -> NDArray[np.float32]:
    """Estimates of all pairs [P, K - 1] as one number each: for one label, against the other, float32 [P]."""
    return np.asarray(of_pairs @ between(*chosen, n_labels).astype(np.float32), dtype=np.float32)


def posterior_deviation(
    system: RowSystem, rows: CampaignRows, n_samples: int, tolerance: float, seed: int
) -> Generator[Iteration, None, NDArray[np.float64]]:
    """Standard deviation of every pair given the rows, float64 [P], in units of the prior's scale.

    A draw of the posterior is a draw of the prior, corrected by what the model would have learnt from that draw's own
    rows (Matheron's rule); what the correction leaves is the error. Its mean square over `n_samples` draws scatters by
    sqrt(2 / n_samples), so the share of the prior's variance that is left counts as if `_POOLED` more draws had found
    the share left of all pairs; else the pairs that look surest would be those whose draws were small by chance.
    """
    rng = np.random.default_rng([seed, n_samples])
    noise = np.sqrt(system.kernel.weights.noise)
    near = main_effects_preconditioner(system, rows)
    squares = np.zeros(system.kernel.layout.n_pairs)
    for _ in range(n_samples):
        drawn = system.kernel.prior_sample(rng)[:, None]
        seen = system.means(drawn)
        seen += noise * rng.standard_normal(seen.shape)
        solution = yield from conjugate_gradients(system.apply, seen, np.zeros_like(seen), tolerance, 200, near)
        squares += (drawn - system.spread(solution.values)).astype(np.float64)[:, 0] ** 2
    prior = system.kernel.prior_variance()
    left = squares / prior
    left = (left + _POOLED * left.mean() / n_samples) / (n_samples + _POOLED)
    return np.asarray(np.sqrt(prior * np.minimum(left, 1.0)), dtype=np.float64)


def prior_scale(weights: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """The prior's standard deviation that makes these targets likeliest, given the kernel's shape.

    `weights`, [R], are the solution of the system for the targets `right`: the closed form of maximum likelihood.
    """
    return float(np.sqrt(max((weights * right).sum() / right.size, 0.0)))


def surest(mean: NDArray[np.float32], deviation: NDArray[np.float64], n_pairs: int) -> NDArray[np.int64]:
    """Numbers of the pairs whose mean lies most deviations from 0, the surest first."""
    certainty = np.abs(mean) / np.maximum(deviation, np.finfo(np.float32).tiny)
    return np.argsort(-certainty, kind="stable")[:n_pairs].astype(np.int64)

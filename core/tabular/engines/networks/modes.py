"""Mode-specific normalisation: a number as the Gaussian mode it belongs to and where within it, and back.

L. Xu et al., Modeling Tabular Data using Conditional GAN, NeurIPS 2019, section 4.2: a variational Gaussian mixture
finds the modes of a column, and a number x of mode k is (k, (x - mean) / (4 deviations)).
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture

MOST_FITTED: Final = 4_000  # rows that the modes are found in
_LEAST_SHARE: Final = 0.005  # of a mode that is kept
_DEVIATIONS: Final = 4.0


class InModes(NamedTuple):
    """R numbers: `mode` int64 [R] and `place` float32 [R] within -1 .. 1."""

    mode: NDArray[np.int64]
    place: NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Modes:
    """The K modes of a column: their `means`, `deviations` and `shares` [K]."""

    means: NDArray[np.float64]
    deviations: NDArray[np.float64]
    shares: NDArray[np.float64]

    def split(self, numbers: NDArray[np.float64], rng: np.random.Generator) -> InModes:
        """Numbers [R] with a mode drawn by the chances of having made each."""
        away = (numbers[:, None] - self.means) / self.deviations
        log_chances = np.log(self.shares) - np.log(self.deviations) - away**2 / 2
        mode = np.argmax(log_chances + rng.gumbel(size=log_chances.shape), axis=1)
        place = away[np.arange(len(numbers)), mode] / _DEVIATIONS
        return InModes(mode.astype(np.int64), np.clip(place, -1.0, 1.0).astype(np.float32))

    def join(self, parts: InModes) -> NDArray[np.float64]:
        """The numbers [R] again, wrong only where they lay more than 4 deviations from their mode."""
        return self.means[parts.mode] + parts.place.astype(np.float64) * _DEVIATIONS * self.deviations[parts.mode]

    def saved(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays for `load_modes`, under this name."""
        return {f"{name}.means": self.means, f"{name}.deviations": self.deviations, f"{name}.shares": self.shares}


def load_modes(arrays: Mapping[str, NDArray[Any]], name: str) -> Modes:
    """What `saved` gave under this name."""
    return Modes(arrays[f"{name}.means"], arrays[f"{name}.deviations"], arrays[f"{name}.shares"])


def fit_modes(numbers: NDArray[np.float64], most: int, seed: int) -> Modes:
    """At most `most` modes of a column [R]; a constant one has a single mode."""
    rng = np.random.default_rng([seed, 7])
    some = numbers[np.sort(rng.permutation(len(numbers))[:MOST_FITTED])]
    centre, spread = float(some.mean()), float(some.std()) or 1.0
    count = min(most, len(np.unique(some)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # modes that still move a little serve as well
        mixture = BayesianGaussianMixture(
            n_components=count,
            weight_concentration_prior_type="dirichlet_process",
            weight_concentration_prior=1e-3,
            reg_covar=1e-4,
            max_iter=60,
            tol=3e-3,
            random_state=int(rng.integers(2**31)),
        ).fit(((some - centre) / spread)[:, None])
    kept = mixture.weights_ >= min(_LEAST_SHARE, float(mixture.weights_.max()))
    shares = mixture.weights_[kept]
    deviations = np.sqrt(mixture.covariances_[kept, 0, 0]) * spread
    return Modes(mixture.means_[kept, 0] * spread + centre, deviations, shares / shares.sum())

"""The density of an autoencoder's latent numbers, fitted after training: a Gaussian mixture with shares by class.

Latent numbers of real rows fill only part of the normal prior, and what is drawn elsewhere resembles no row; a density
fitted to them closes that gap (Ghosh et al. 2020, From variational to deterministic autoencoders).
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

MOST_FITTED: Final = 20_000  # rows
_BORROWED: Final = 20.0  # rows' worth of the whole table's shares in those of every class


@dataclass(frozen=True, eq=False, slots=True)
class LatentDensity:
    """K Gaussians in L dimensions: `means` [K, L], `roots` of their covariances [K, L, L], `shares` by class [Y, K]."""

    means: NDArray[np.float64]
    roots: NDArray[np.float64]
    shares: NDArray[np.float64]

    def draw(self, classes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
        """Latent numbers, float32 [R, L], of rows of these classes [R]."""
        bounds = np.cumsum(self.shares, axis=1)[classes]
        chosen = np.minimum((rng.random((len(classes), 1)) > bounds).sum(axis=1), len(self.means) - 1)
        noise = rng.standard_normal((len(classes), self.means.shape[1]))
        drawn = np.empty_like(noise)
        for component in range(len(self.means)):
            rows = chosen == component
            drawn[rows] = self.means[component] + noise[rows] @ self.roots[component].T
        return drawn.astype(np.float32)

    def saved(self) -> dict[str, NDArray[Any]]:
        """The arrays for `load_density`."""
        return {"density.means": self.means, "density.roots": self.roots, "density.shares": self.shares}


def load_density(arrays: Mapping[str, NDArray[Any]]) -> LatentDensity:
    """What `saved` gave."""
    return LatentDensity(arrays["density.means"], arrays["density.roots"], arrays["density.shares"])


def fit_density(
    latent: NDArray[np.float64], classes: NDArray[np.int64], n_classes: int, n_components: int, seed: int
) -> LatentDensity:
    """The density of rows [R, L] of these classes [R]: Gaussians of all rows, and their shares in every class."""
    rng = np.random.default_rng([seed, 5])
    rows = np.sort(rng.permutation(len(latent))[:MOST_FITTED])
    latent, classes = latent[rows], classes[rows]
    count = max(min(n_components, len(latent) // (5 * latent.shape[1])), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a density that still moves a little serves as well
        mixture = GaussianMixture(
            count, reg_covar=1e-3, max_iter=60, tol=3e-3, random_state=int(rng.integers(2**31)), init_params="k-means++"
        ).fit(latent)
    belongs = mixture.predict_proba(latent)
    shares = np.stack([belongs[classes == code].sum(axis=0) for code in range(n_classes)])
    shares = shares + _BORROWED * belongs.mean(axis=0)
    return LatentDensity(
        mixture.means_, np.linalg.cholesky(mixture.covariances_), shares / shares.sum(axis=1, keepdims=True)
    )

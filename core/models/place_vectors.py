"""Places as vectors: near places alike, far ones not, from coordinates alone."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_KM: Final = 6_371.0
SCALES_KM: Final = (50.0, 200.0, 800.0, 3_200.0)  # of a town and its surroundings, a region, a country, a continent

_SEED: Final = 20_070_103  # fixed: the same place has the same vector everywhere


def place_vectors(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], n_dimensions: int = 64
) -> NDArray[np.float32]:
    """Places given in degrees, [N] each, as vectors of length 1, float32 [N, `n_dimensions`].

    The product of two vectors is about the mean, over `SCALES_KM`, of exp(-d^2 / 2 s^2), with d the straight line
    through the earth between the places: random Fourier features (Rahimi and Recht 2007, "Random features for
    large-scale kernel machines") of points on the sphere. `n_dimensions` is a multiple of twice the number of scales.
    """
    n_waves, rest = divmod(n_dimensions, 2 * len(SCALES_KM))
    if rest or not n_waves:
        raise ValueError(f"{n_dimensions} is no multiple of {2 * len(SCALES_KM)}")
    waves = np.random.default_rng(_SEED).normal(size=(len(SCALES_KM), n_waves, 3))
    waves = (waves / np.array(SCALES_KM)[:, None, None]).reshape(-1, 3)  # per km
    phase = _on_sphere(latitude, longitude) @ waves.T
    features = np.hstack([np.cos(phase), np.sin(phase)]) / np.sqrt(len(waves))
    return np.asarray(features, dtype=np.float32)


def _on_sphere(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points in km from the middle of the earth, float64 [N, 3]."""
    lat, lon = np.radians(latitude), np.radians(longitude)
    points = np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    return np.asarray(points * EARTH_RADIUS_KM, dtype=np.float64)

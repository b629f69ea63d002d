"""Content vectors of the made-up attributes: what a text of each could tell of it, which is only a part.

A vector is the attribute's hidden traits and favour along random directions, and more noise than both. For the larger
example the best linear guess from vectors explains a fifth of each hidden number's variance (R²), and tells + edges
from - edges with an area under the curve of .82, where the hidden numbers themselves reach .9998.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.sampler.example_graphs import ExampleGraph, hidden_traits

N_DIMENSIONS: Final = 16
NOISE: Final = 2.0  # standard deviation per dimension, beside 1 of each hidden number along its own direction
_STREAM: Final = 1  # apart from the random numbers that the graph is made of


def example_vectors(example: ExampleGraph) -> NDArray[np.float32]:
    """One vector per attribute in the catalogue's order, float32 [A, 16], L2-normalised: the same bytes at every call.

    Only sums in a fixed order are taken, no matrix product, so they do not depend on the machine's libraries.
    """
    hidden = np.vstack(hidden_traits(example))
    rng = np.random.default_rng((example.seed, _STREAM))
    directions = rng.normal(size=(len(hidden), N_DIMENSIONS))
    vectors = NOISE * rng.normal(size=(N_DIMENSIONS, hidden.shape[1]))
    for numbers, direction in zip(hidden, directions, strict=True):
        vectors += (direction / np.sqrt(sum(direction**2)))[:, None] * numbers
    length = np.sqrt(sum(vectors**2))
    return np.ascontiguousarray((vectors / length).T, dtype=np.float32)

"""Random rows: one stream of numbers per seed and purpose, so that no two draws of a report go together."""

import zlib

import numpy as np
from numpy.typing import NDArray


def random_for(seed: int, purpose: str) -> np.random.Generator:
    """The stream of this purpose, the same on every machine."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def drawn_rows(n_rows: int, n_drawn: int, seed: int, purpose: str) -> NDArray[np.int64]:
    """`n_drawn` row numbers of `n_rows`, all where there are no more, in their order; int64 [n_drawn]."""
    if n_drawn >= n_rows:
        return np.arange(n_rows)
    return np.sort(random_for(seed, purpose).permutation(n_rows)[:n_drawn])

"""Join columns of pairs by one number per pair."""

import numpy as np
from numpy.typing import NDArray


def pair_keys(source: NDArray[np.int32], target: NDArray[np.int32], n_nodes: int) -> NDArray[np.int64]:
    """One number per pair [P], in the order of the pairs; `source < target < n_nodes`."""
    return source.astype(np.int64) * n_nodes + target


def rows_of(keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each wanted key stands in `keys`, which ascend; -1 where it does not."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)

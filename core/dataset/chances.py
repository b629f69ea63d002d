"""Numbers in [0, 1) that follow from a seed, a purpose, a row and a place in it, and from nothing else.

So what is decided by them does not depend on how the rows are cut into parts or on what was decided before.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.sampler.encoding import stream_key

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MIX: Final = np.uint64(0x94D049BB133111EB)
_FIRST_SHIFT, _SECOND_SHIFT, _LAST_SHIFT = (np.uint64(shift) for shift in (30, 27, 31))
_UNUSED_BITS: Final = np.uint64(11)  # a float64 holds 53 bits of 64


def chances(seed: int, purpose: str, row: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.float64]:
    """One number in [0, 1) for each pair of a row's number and a place, both int64 [E] and at least 0."""
    outer = scrambled(scrambled(stream_key(seed, purpose), row), place)
    return (outer >> _UNUSED_BITS).astype(np.float64) * 2.0**-53


def scrambled(key: np.uint64 | NDArray[np.uint64], number: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Element `number` of the stream that starts at `key`: splitmix64 (Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = key + _GOLDEN * (number.astype(np.uint64) + np.uint64(1))
        z = (z ^ (z >> _FIRST_SHIFT)) * _FIRST_MIX
        z = (z ^ (z >> _SECOND_SHIFT)) * _SECOND_MIX
    return np.asarray(z ^ (z >> _LAST_SHIFT), dtype=np.uint64)

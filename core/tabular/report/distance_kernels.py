"""Compiled distances between rows of two tables: places, codes and masks of each, as `row_space` makes them.

Every pair of rows is looked at, some hundred million of them, which arrays alone would need gigabytes for.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
def _bits(word):  # type: ignore[no-untyped-def]
    """Bits that are set, by adding neighbours in ever larger groups."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@njit(cache=True, nogil=True, inline="always")
def _distance(pa, ca, ma, i, pb, cb, mb, j):  # type: ignore[no-untyped-def]
    total = np.float32(0.0)
    for c in range(pa.shape[1]):
        total += min(abs(pa[i, c] - pb[j, c]), np.float32(1.0))
    differing = 0
    for c in range(ca.shape[1]):
        differing += ca[i, c] != cb[j, c]
    total += np.float32(differing)
    for c in range(ma.shape[1]):
        either = _bits(ma[i, c] | mb[j, c])
        if either:
            total += np.float32(1.0) - np.float32(_bits(ma[i, c] & mb[j, c])) / np.float32(either)
    return total


@njit(cache=True, nogil=True)
def find_nearest(pa, ca, ma, pb, cb, mb, skip_self, distances, numbers):  # type: ignore[no-untyped-def]
    """Fill `distances` and `numbers` [Q, K], which hold infinities and zeros, with the K nearest rows of the second."""
    last = distances.shape[1] - 1
    for i in range(pa.shape[0]):
        for j in range(pb.shape[0]):
            if skip_self and i == j:
                continue
            d = _distance(pa, ca, ma, i, pb, cb, mb, j)
            if d >= distances[i, last]:
                continue
            at = last
            while at > 0 and distances[i, at - 1] > d:
                distances[i, at] = distances[i, at - 1]
                numbers[i, at] = numbers[i, at - 1]
                at -= 1
            distances[i, at] = d
            numbers[i, at] = j


@njit(cache=True, nogil=True)
def count_balls(pa, ca, ma, pb, cb, mb, radii, counts):  # type: ignore[no-untyped-def]
    """Add to `counts` [Q, K] how many balls around the second rows, of `radii` ascending in K, hold each first row."""
    n_radii = radii.shape[1]
    for i in range(pa.shape[0]):
        for j in range(pb.shape[0]):
            d = _distance(pa, ca, ma, i, pb, cb, mb, j)
            for k in range(n_radii - 1, -1, -1):
                if d > radii[j, k]:
                    break
                counts[i, k] += 1

"""What pos_frac, neg_frac and absent_frac are, and when they lie inside a label's ranges.

A fraction is a number of pairs over all n(n-1)/2 unordered pairs of a row's n attributes; pairs of one type or one
modality count too, although no edge can join them. A row of fewer than two attributes has no pair: its
pos_frac and neg_frac are 0 and its absent_frac is 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Range = tuple[float, float]


class Fractions(NamedTuple):
    """The three fractions of R rows, float64 [R] each; they sum to 1."""

    pos_frac: NDArray[np.float64]
    neg_frac: NDArray[np.float64]
    absent_frac: NDArray[np.float64]


class CountBounds(NamedTuple):
    """The least and greatest number of pairs inside a range, int64 by row size 0..max (least > greatest: none)."""

    least: NDArray[np.int64]
    greatest: NDArray[np.int64]


def n_pairs(size: ArrayLike) -> NDArray[np.int64]:
    """n(n-1)/2 for row sizes of any shape."""
    n = np.asarray(size, dtype=np.int64)
    return n * (n - 1) // 2


def fractions(size: ArrayLike, pos: ArrayLike, neg: ArrayLike) -> Fractions:
    """The fractions of rows with `size` attributes, `pos` + pairs and `neg` - pairs, each of shape [R]."""
    pairs = n_pairs(size)
    divisor = np.maximum(pairs, 1)
    n_pos, n_neg = np.asarray(pos, dtype=np.int64), np.asarray(neg, dtype=np.int64)
    absent = np.where(pairs > 0, (pairs - n_pos - n_neg) / divisor, 1.0)
    return Fractions(n_pos / divisor, n_neg / divisor, absent)


def inside(found: Fractions, pos_range: Range, neg_range: Range) -> NDArray[np.bool_]:
    """Which rows have both fractions within the closed ranges, bool [R]."""
    pos, neg = found.pos_frac, found.neg_frac
    result: NDArray[np.bool_] = (
        (pos >= pos_range[0]) & (pos <= pos_range[1]) & (neg >= neg_range[0]) & (neg <= neg_range[1])
    )
    return result


def distance(values: NDArray[np.float64], allowed: Range) -> NDArray[np.float64]:
    """Distance of each value to the nearest bound of a closed range; 0 inside."""
    return np.maximum(np.maximum(allowed[0] - values, values - allowed[1]), 0.0)


def count_bounds(max_size: int, allowed: Range) -> CountBounds:
    """The numbers of pairs whose fraction `inside` accepts, decided by the same float64 division as there."""
    bounds = [_bounds_of(int(pairs), allowed) for pairs in n_pairs(np.arange(max_size + 1))]
    least, greatest = zip(*bounds, strict=True)
    return CountBounds(np.array(least, dtype=np.int64), np.array(greatest, dtype=np.int64))


def _bounds_of(pairs: int, allowed: Range) -> tuple[int, int]:
    low, high = allowed
    divisor = max(pairs, 1)
    least, greatest = int(low * divisor), int(high * divisor)
    # A product may round below its whole number, so step up to the last place that division accepts.
    while least / divisor < low:
        least += 1
    greatest += 1
    while greatest / divisor > high:
        greatest -= 1
    return least, min(greatest, pairs)

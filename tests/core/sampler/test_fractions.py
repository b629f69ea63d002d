"""Fractions and their whole-number bounds against plain arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sampler.fractions import count_bounds, distance, fractions, inside

parts = st.one_of(
    st.floats(0, 1),
    st.builds(lambda a, b: min(a, b) / max(a, b), st.integers(1, 200), st.integers(1, 200)),
    st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.45, 0.7, 1.0]),
)


@given(low=parts, high=parts, max_size=st.integers(0, 40))
def test_bounds_hold_exactly_the_numbers_of_pairs_whose_fraction_is_inside(
    low: float, high: float, max_size: int
) -> None:
    low, high = min(low, high), max(low, high)
    bounds = count_bounds(max_size, (low, high))
    for size in range(max_size + 1):
        pairs = size * (size - 1) // 2
        counts = np.arange(pairs + 1)
        found = fractions(np.full(pairs + 1, size), counts, np.zeros(pairs + 1))
        allowed = counts[inside(found, (low, high), (0.0, 1.0))]
        least, greatest = bounds.least[size], bounds.greatest[size]
        np.testing.assert_array_equal(allowed, np.arange(least, greatest + 1))


# 13/45 * 45 and 26/45 * 45 are below 13 and 26 in floating point.
@pytest.mark.parametrize(
    ("share", "pairs", "count"), [(0.2, 15, 3), (0.1, 10, 1), (0.7, 10, 7), (13 / 45, 45, 13), (26 / 45, 45, 26)]
)
def test_a_bound_met_exactly_is_inside(share: float, pairs: int, count: int) -> None:
    size = int((1 + (1 + 8 * pairs) ** 0.5) / 2)
    bounds = count_bounds(size, (share, share))
    assert (bounds.least[size], bounds.greatest[size]) == (count, count)


@given(size=st.integers(2, 50), data=st.data())
def test_fractions_are_shares_of_all_pairs(size: int, data: st.DataObject) -> None:
    pairs = size * (size - 1) // 2
    pos = data.draw(st.integers(0, pairs))
    neg = data.draw(st.integers(0, pairs - pos))
    found = fractions(size, pos, neg)
    assert found.pos_frac == float(Fraction(pos, pairs))
    assert found.neg_frac == float(Fraction(neg, pairs))
    assert found.absent_frac == float(Fraction(pairs - pos - neg, pairs))


@pytest.mark.parametrize("size", [0, 1])
def test_a_row_without_pairs_has_only_absent_ones(size: int) -> None:
    assert [float(part) for part in fractions(size, 0, 0)] == [0.0, 0.0, 1.0]


def test_distance_is_to_the_nearest_bound() -> None:
    found = distance(np.array([0.1, 0.3, 0.5, 0.75]), (0.3, 0.5))
    np.testing.assert_allclose(found, [0.2, 0.0, 0.0, 0.25])

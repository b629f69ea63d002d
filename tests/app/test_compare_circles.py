"""Areas of the two circles, measured on a fine grid of points rather than by the formula that drew them."""

from itertools import product

import numpy as np
import pytest

from app.components.compare.circles import Circles, circles_of

COUNTS = [
    (5131, 4649, 3476),
    (100, 100, 50),
    (1000, 10, 3),
    (10, 1000, 10),
    (7, 7, 7),
    (40, 60, 1),
    (3, 3000, 2),
]


def measured(circles: Circles) -> tuple[float, float, float]:
    """Areas of A, B and what they share, by counting points of a grid of 1,500 by 1,500 over the picture."""
    low, high = circles.ends
    x, y = np.linspace(low, high, 1500), np.linspace(-1, 1, 1500)
    cell = (x[1] - x[0]) * (y[1] - y[0])
    in_a = x[None, :] ** 2 + y[:, None] ** 2 <= circles.radius_a**2
    in_b = (x[None, :] - circles.distance) ** 2 + y[:, None] ** 2 <= circles.radius_b**2
    return in_a.sum() * cell, in_b.sum() * cell, (in_a & in_b).sum() * cell


@pytest.mark.parametrize(("a", "b", "both"), COUNTS)
def test_areas_are_in_the_proportion_of_the_counts(a: int, b: int, both: int) -> None:
    areas, largest = measured(circles_of(a, b, both)), max(a, b)
    for area, count in zip(areas, (a, b, both), strict=True):
        assert area / np.pi == pytest.approx(count / largest, abs=0.003)


def test_graphs_without_a_common_edge_stand_apart_and_empty_ones_have_no_circle() -> None:
    for a, b in product((0, 5, 500), repeat=2):
        circles = circles_of(a, b, 0)
        assert circles.distance > circles.radius_a + circles.radius_b
        assert circles.shared[0] > circles.shared[1]
        assert (circles.radius_a == 0, circles.radius_b == 0) == (a == 0, b == 0)
        assert circles.ends == (-circles.radius_a, circles.distance + circles.radius_b)


def test_a_graph_inside_another_lies_inside_it() -> None:
    circles = circles_of(1000, 100, 100)
    assert circles.distance + circles.radius_b <= circles.radius_a + 1e-12
    assert circles.ends == (-circles.radius_a, circles.radius_a)
    same = circles_of(9, 9, 9)
    assert same.distance == pytest.approx(0, abs=1e-9)

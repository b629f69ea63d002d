"""Two circles whose areas, and the area they share, are in the proportion of three counts."""

from math import acos, pi, sqrt
from typing import Final, NamedTuple

_GAP: Final = 0.12  # between circles that share nothing, as a share of the larger radius
_HALVINGS: Final = 60


class Circles(NamedTuple):
    """A around (0, 0) and B around (`distance`, 0), the larger one of radius 1; a count of 0 has radius 0."""

    radius_a: float
    radius_b: float
    distance: float

    @property
    def shared(self) -> tuple[float, float]:
        """Where the shared area begins and ends on the line through both centres; empty where it ends first."""
        return max(-self.radius_a, self.distance - self.radius_b), min(self.radius_a, self.distance + self.radius_b)

    @property
    def ends(self) -> tuple[float, float]:
        """The outermost points on the line through both centres."""
        return min(-self.radius_a, self.distance - self.radius_b), max(self.radius_a, self.distance + self.radius_b)


def circles_of(a: int, b: int, both: int) -> Circles:
    """Circles of area a and b that share an area of `both`, which is at most either; all in one unit."""
    largest = max(a, b, 1)
    radius_a, radius_b = sqrt(a / largest), sqrt(b / largest)
    if not both:
        return Circles(radius_a, radius_b, radius_a + radius_b + _GAP)
    wanted = pi * both / largest
    near, far = abs(radius_a - radius_b), radius_a + radius_b
    if both == min(a, b):
        return Circles(radius_a, radius_b, near)
    for _ in range(_HALVINGS):  # the shared area only shrinks as the circles part
        middle = (near + far) / 2
        near, far = (middle, far) if shared_area(radius_a, radius_b, middle) > wanted else (near, middle)
    return Circles(radius_a, radius_b, far)


def shared_area(radius_a: float, radius_b: float, distance: float) -> float:
    """The area of the lens of two circles: two circular segments (Weisstein, Circle-Circle Intersection)."""
    if distance >= radius_a + radius_b:
        return 0.0
    if distance <= abs(radius_a - radius_b):
        return pi * min(radius_a, radius_b) ** 2
    to_chord = (distance**2 + radius_a**2 - radius_b**2) / (2 * distance)
    return _segment(radius_a, to_chord) + _segment(radius_b, distance - to_chord)


def _segment(radius: float, to_chord: float) -> float:
    """The area beyond a chord at this signed distance from the centre."""
    near = max(-1.0, min(1.0, to_chord / radius))
    return radius**2 * acos(near) - to_chord * radius * sqrt(1 - near * near)

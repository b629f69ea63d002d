"""What noise costs in privacy: zero-concentrated differential privacy (Bun & Steinke 2016), rho for short.

Rho adds up over everything that is measured. A Gaussian of deviation sigma on counts that one row changes by at most
1 (in Euclidean length) costs 1 / (2 sigma^2); a choice by the exponential mechanism with epsilon costs epsilon^2 / 8
(Cesar & Rogers 2021).
"""

import math

from scipy.optimize import brentq

_LEAST_RHO = 1e-12


def delta_of(rho: float, epsilon: float) -> float:
    """The least delta for which `rho` gives (`epsilon`, delta) by Canonne, Kamath & Steinke (2020), proposition 12.

    exp((a - 1)(a rho - epsilon)) (1 - 1/a)^a / (a - 1), minimised over a > 1; at most 1.
    """

    def slope(order: float) -> float:
        return (2 * order - 1) * rho - epsilon + math.log1p(-1 / order)

    highest = 2.0
    while slope(highest) < 0:
        highest *= 2
    order = brentq(slope, 1 + 1e-12, highest) if slope(1 + 1e-12) < 0 else 1 + 1e-12
    log_delta = (order - 1) * (order * rho - epsilon) - math.log(order - 1) + order * math.log1p(-1 / order)
    return math.exp(min(log_delta, 0.0))


def rho_for(epsilon: float, delta: float) -> float:
    """The greatest rho that gives (`epsilon`, `delta`), found by bisection and rounded down."""
    low, high = _LEAST_RHO, 1.0
    while delta_of(high, epsilon) < delta:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if delta_of(middle, epsilon) <= delta else (low, middle)
    return low


def noise_for(rho: float) -> float:
    """The deviation of the Gaussian noise that costs `rho` on counts of sensitivity 1."""
    return math.sqrt(1 / (2 * rho))


def choice_epsilon(rho: float) -> float:
    """The epsilon of an exponential mechanism that costs `rho`."""
    return math.sqrt(8 * rho)

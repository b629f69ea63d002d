"""Symmetric positive systems with several right sides, solved by conjugate gradients."""

from collections.abc import Callable, Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Columns = NDArray[np.float64]  # [R, T]: T right sides or solutions
Map = Callable[[Columns], Columns]


class Iteration(NamedTuple):
    """How far a solution has come: the largest residual of the right sides, as a share of their length."""

    number: int
    residual: float


class Solution(NamedTuple):
    """`values`: the solutions, float64 [R, T], `n_iterations` and the `residual` they were left at."""

    values: Columns
    n_iterations: int
    residual: float


def conjugate_gradients(
    apply: Map,
    right: Columns,
    start: Columns,
    tolerance: float,
    most_iterations: int,
    precondition: Map | None = None,
) -> Generator[Iteration, None, Solution]:
    """Solve apply(x) = right from `start`, every column with steps of its own, until all residuals are below.

    `tolerance` is a share of a right side's length; after `most_iterations` the solution is returned as it is. The
    method is that of Hestenes and Stiefel, preconditioned; sums over rows are taken in one fixed order.
    """
    near = precondition or (lambda values: values)
    length = np.maximum(_norms(right), np.finfo(np.float64).tiny)
    values = start.copy()
    residual = right - apply(values) if values.any() else right.copy()
    ahead = near(residual)
    direction = ahead.copy()
    gain = _dots(residual, ahead)
    left = float((_norms(residual) / length).max(initial=0.0))
    number = 0
    while left > tolerance and number < most_iterations:
        number += 1
        applied = apply(direction)
        step = _ratio(gain, _dots(direction, applied))
        values += step * direction
        residual -= step * applied
        ahead = near(residual)
        gained = _dots(residual, ahead)
        direction = ahead + _ratio(gained, gain) * direction
        gain = gained
        left = float((_norms(residual) / length).max())
        yield Iteration(number, left)
    return Solution(values, number, left)


def _dots(a: Columns, b: Columns) -> NDArray[np.float64]:
    return np.asarray((a * b).sum(axis=0), dtype=np.float64)


def _norms(a: Columns) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(_dots(a, a)), dtype=np.float64)


def _ratio(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """a / b, and 0 where a column is solved to the last digit."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)

"""The nearest rows of rows, found exactly, block by block, within a budget."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.smote.distances import Places, blocks, squared_distances


class Nearest(NamedTuple):
    """The nearest first: row numbers int64 [R, K], and their squared distances float64 [R, K]."""

    rows: NDArray[np.int64]
    squares: NDArray[np.float64]


def nearest(places: Places, of: NDArray[np.int64], among: NDArray[np.int64], k: int, budget: Budget) -> Steps[Nearest]:
    """For each row `of`, the `k` nearest rows `among`, itself left out; all of them where there are fewer.

    The cost is the product of both counts. `ValenceError` when the first block tells that the budget is too small.
    """
    k = min(k, len(among) - 1)
    found = Nearest(np.empty((len(of), k), np.int64), np.empty((len(of), k)))
    candidates = places.take(among)
    before_s = budget.used_s
    done = 0
    for block in blocks(len(of), len(among)):
        squares = squared_distances(places.take(of[block]), candidates)
        squares[of[block][:, None] == among] = np.inf
        found.rows[block], found.squares[block] = _smallest(squares, k)
        done += len(block)
        budget.check((budget.used_s - before_s) / done * (len(of) - done), "The search for neighbours")
        yield Progress(done, len(of), "searching neighbours")
    return Nearest(among[found.rows], found.squares)


def _smallest(squares: NDArray[np.float64], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Places and values of each row's `k` smallest, in ascending order."""
    if k < squares.shape[1]:
        picked = np.argpartition(squares, k - 1, axis=1)[:, :k] if k else np.empty((len(squares), 0), np.int64)
    else:
        picked = np.tile(np.arange(k), (len(squares), 1))
    values = np.take_along_axis(squares, picked, axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    return np.take_along_axis(picked, order, axis=1), np.take_along_axis(values, order, axis=1)

"""What every SMOTE starts from: the training rows it keeps, where they lie, and neighbours of the same class."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.progress import Steps
from core.tabular.budget import Budget
from core.tabular.engines.smote.distances import Places, features, places_of, scale_of
from core.tabular.engines.smote.interpolation import Interpolation, Reach, classes_of, sound
from core.tabular.engines.smote.neighbours import nearest
from core.tabular.engines.smote.partners import Partners, of_lists
from core.tabular.plain import PlainTable


class Ground(NamedTuple):
    """Kept rows, where they lie, their classes int64 [R], and how often each class occurs in the whole table [K]."""

    base: PlainTable
    places: Places
    of_class: NDArray[np.int64]
    shares: NDArray[np.float64]

    def rows_of(self, code: int) -> NDArray[np.int64]:
        """The kept rows of a class."""
        return np.flatnonzero(self.of_class == code)


def ground_of(table: PlainTable, most_rows: int, seed: int) -> Ground:
    """At most `most_rows` rows of each class, drawn at random from a larger one, in the table's order.

    `ValenceError` for a table of no column but its target.
    """
    if not features(table):
        message = f"The table has no column beside its target {table.target!r}, so no row has a neighbour."
        raise ValenceError(message, "Keep a column that is neither an identifier nor looked up.")
    rng = np.random.default_rng(seed)
    of_class = classes_of(table)
    counts = np.bincount(of_class)
    kept = [
        rows if len(rows) <= most_rows else rng.choice(rows, most_rows, replace=False)
        for rows in (np.flatnonzero(of_class == code) for code in range(len(counts)))
    ]
    rows = np.sort(np.concatenate(kept))
    base = table.take(rows)
    return Ground(base, places_of(base, scale_of(table)), of_class[rows], counts / counts.sum())


def neighbours_of_class(ground: Ground, k: int, budget: Budget) -> Steps[NDArray[np.int64]]:
    """Each kept row's `k` nearest of its own class, nearest first, int64 [R, k]; -1 where the class has fewer."""
    lists = np.full((len(ground.base), k), -1, dtype=np.int64)
    for code in np.unique(ground.of_class):
        rows = ground.rows_of(int(code))
        found = yield from nearest(ground.places, rows, rows, k, budget)
        lists[rows, : found.rows.shape[1]] = found.rows
    return lists


def between_neighbours(ground: Ground, lists: NDArray[np.int64]) -> Interpolation:
    """Plain SMOTE: anywhere between a row and one of its neighbours."""
    return between(ground, of_lists(lists))


def between(ground: Ground, partners: Partners) -> Interpolation:
    """Anywhere between a row and one of its partners; `ValenceError` for a class in which no row has one."""
    n_rows = len(ground.base)
    return sound(Interpolation(ground.base, ground.shares, partners, Reach(np.zeros(n_rows), np.ones(n_rows))))

"""Which rows a row may be paired with, as groups: the neighbours of one row, or all the rows of a component."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Partners(NamedTuple):
    """Row r pairs with `members[start[g] : start[g + 1]]`, g being `group[r]`; -1 pairs it with none.

    `group` int64 [R], `start` int64 [G + 1], `members` int64 [M] of row numbers.
    """

    group: NDArray[np.int64]
    start: NDArray[np.int64]
    members: NDArray[np.int64]

    def drawn(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A partner for each row, never the row itself while its group has another."""
        first, end = self.start[self.group[rows]], self.start[self.group[rows] + 1]
        place = rng.integers(first, end)
        own = self.members[place] == rows
        place[own] = np.where(place[own] + 1 < end[own], place[own] + 1, first[own])
        return self.members[place]


def of_lists(lists: NDArray[np.int64]) -> Partners:
    """Each row pairs with its own list; `lists` int64 [R, K], -1 where a row has fewer than K."""
    listed = lists >= 0
    sizes = listed.sum(axis=1)
    group = np.where(sizes > 0, np.arange(len(lists)), -1)
    return Partners(group, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), lists[listed])


def of_components(component: NDArray[np.int64]) -> Partners:
    """Rows of one component pair with each other; a row alone in its component with none. `component` int64 [R]."""
    _, group, sizes = np.unique(component, return_inverse=True, return_counts=True)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    alone = sizes[group] == 1
    return Partners(np.where(alone, -1, group).astype(np.int64), start, np.argsort(group, kind="stable"))

"""The training rows behind each leaf, and drawing from them, evenly or by weight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import PlainColumn

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Donors:
    """Training rows by leaf: leaf l holds `rows`[`starts`[l] : `starts`[l + 1]]."""

    rows: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def by_leaf(cls, leaves: NDArray[np.int32], n_leaves: int) -> "Donors":
        """From the leaf of every training row [N]."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(leaves, minlength=n_leaves))])
        return cls(np.argsort(leaves, kind="stable").astype(np.int32), starts.astype(np.int64))

    def draw(self, leaves: NDArray[np.int32], chances: Floats) -> NDArray[np.int32]:
        """One row of each asked leaf, all its rows alike; `chances` within [0, 1) choose it."""
        first, last = self.starts[leaves], self.starts[leaves + 1]
        return self.rows[first + (chances * (last - first)).astype(np.int64)]

    def draw_weighted(self, leaves: NDArray[np.int32], chances: Floats, weights: Floats) -> NDArray[np.int32]:
        """One row of each asked leaf by the training rows' weights [N], as `draw` where a leaf has none."""
        running = np.concatenate([[0.0], np.cumsum(weights[self.rows])])
        low, high = running[self.starts[leaves]], running[self.starts[leaves + 1]]
        place = np.searchsorted(running, low + chances * (high - low), side="right") - 1
        # Rounding may step over the leaf's end.
        place = np.clip(place, self.starts[leaves], self.starts[leaves + 1] - 1)
        return np.where(high > low, self.rows[place], self.draw(leaves, chances)).astype(np.int32)


def slack(column: PlainColumn, values: NDArray[np.int32] | Floats) -> Floats:
    """How far a drawn number may move [N], so that it need not be one that was seen; 0 for codes.

    Half the way to the nearer neighbour for a number that occurs once, nothing for one that repeats.
    """
    if column.is_coded:
        return np.zeros(len(values))
    seen, counts = np.unique(values, return_counts=True)
    gaps = np.concatenate([[0.0], np.diff(seen), [0.0]])
    nearer = np.minimum(gaps[:-1], gaps[1:])
    moves: Floats = np.where(counts == 1, nearer / 2, 0.0)[np.searchsorted(seen, values)]
    return moves

"""Which of a label's rows are taken, one by one in the order they are drawn, so that the rows differ enough."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.chances import scrambled
from core.sampler.diversity_check import exposure_cap

_NO_CAP: Final = np.iinfo(np.int64).max
_SEED: Final = np.uint64(0x5EED)


class RowChoice:
    """Takes rows in their order until there are `n_rows`.

    A row is refused if `is_distinct` and it repeats an earlier one, or if it holds an attribute that as many rows as
    `caps` (int64 [N], by catalogue position) allows hold already.
    """

    def __init__(self, n_rows: int, caps: NDArray[np.int64], *, is_distinct: bool) -> None:
        self.n_taken = self.n_repeated = self.n_over_cap = 0
        self._n_rows, self._caps, self._is_distinct = n_rows, caps, is_distinct
        self._is_capped = bool((caps < n_rows).any())
        self._held_by = np.zeros(len(caps), dtype=np.int64)
        self._seen: set[int] = set()

    @property
    def is_complete(self) -> bool:
        """Whether all rows are there."""
        return self.n_taken == self._n_rows

    def take(self, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of those taken among the next rows; those after the last that is needed are not looked at."""
        fits = self._first_seen(nodes, offsets) if self._is_distinct else np.ones(len(offsets) - 1, dtype=np.bool_)
        n_repeated = np.cumsum(~fits)
        if self._is_capped:
            fits = self._within_caps(nodes, offsets, fits)
        taken = np.flatnonzero(fits)[: self._n_rows - self.n_taken]
        self.n_taken += len(taken)
        n_looked_at = int(taken[-1]) + 1 if self.is_complete and len(taken) else len(fits)
        if n_looked_at:
            self.n_repeated += int(n_repeated[n_looked_at - 1])
            self.n_over_cap += n_looked_at - int(n_repeated[n_looked_at - 1]) - len(taken)
        return taken

    def _first_seen(self, nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
        keys = row_keys(nodes, offsets).tolist()
        is_new = np.zeros(len(keys), dtype=np.bool_)
        for row, key in enumerate(keys):
            if key not in self._seen:
                self._seen.add(key)
                is_new[row] = True
        return is_new

    def _within_caps(
        self, nodes: NDArray[np.int32], offsets: NDArray[np.int64], fits: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Only rows with an attribute that could reach its cap among these rows are looked at one by one."""
        starts, sizes = offsets[:-1], np.diff(offsets)
        row = np.repeat(np.arange(len(sizes)), sizes)
        fits = fits & ~_any_of(row, (self._held_by >= self._caps)[nodes], len(sizes))
        candidates = np.bincount(nodes[fits[row]], minlength=len(self._caps))
        hot = self._held_by + candidates > self._caps
        is_hot = _any_of(row, hot[nodes], len(sizes)) & fits
        self._held_by += np.bincount(nodes[(fits & ~is_hot)[row]], minlength=len(self._caps))
        for number in np.flatnonzero(is_hot).tolist():
            held = nodes[starts[number] : starts[number] + sizes[number]]
            if (self._held_by[held] < self._caps[held]).all():
                self._held_by[held] += 1
            else:
                fits[number] = False
        return fits


def caps_by_attribute(catalogue: Catalogue, shares: Mapping[str, float], n_rows: int) -> NDArray[np.int64]:
    """In how many of a label's `n_rows` rows each attribute may be, int64 [N]; `shares` by attribute type."""
    caps = np.full(len(catalogue), _NO_CAP, dtype=np.int64)
    for name, share in shares.items():
        caps[list(catalogue.positions_by_type[name])] = exposure_cap(share, n_rows)
    return caps


def row_keys(nodes: NDArray[np.int32], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A 64-bit key of each row's attributes, whatever their order: the sum of their scrambled positions.

    Two different rows of ten million share a key with a chance of about one in 400,000.
    """
    with np.errstate(over="ignore"):
        totals = np.concatenate((np.zeros(1, np.uint64), np.cumsum(node_keys(nodes), dtype=np.uint64)))
        return np.asarray(totals[offsets[1:]] - totals[offsets[:-1]], dtype=np.uint64)


def node_keys(nodes: NDArray[np.int32]) -> NDArray[np.uint64]:
    """What each attribute adds to its row's key, uint64 [E]."""
    return scrambled(_SEED, nodes.astype(np.int64))


def _any_of(row: NDArray[np.int64], is_set: NDArray[np.bool_], n_rows: int) -> NDArray[np.bool_]:
    return np.bincount(row[is_set], minlength=n_rows) > 0

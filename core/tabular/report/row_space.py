"""How far apart two rows are: the columns in which they differ, counted; a number by its difference in rank.

Nothing is encoded by category, so memory and time do not grow with the number of categories.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.distance_kernels import count_balls, find_nearest
from core.tabular.report.encoding import EncodedTable, Encoder

_MISSING_PLACE = 3.0  # farther than 1 from every rank, so that empty against known counts as a whole column
_MASK_BITS = 64


class RowSpace(NamedTuple):
    """R rows as arrays: places of numbers among the real rows, float32 [R, N]; codes, int32 [R, C]; lists, as masks.

    A list's mask, uint64 [R, L], has a bit for each value (modulo 64; the commonest have one to themselves).
    """

    places: NDArray[np.float32]
    codes: NDArray[np.int32]
    masks: NDArray[np.uint64]

    def take(self, rows: NDArray[np.int64]) -> "RowSpace":
        """The rows of these numbers."""
        return RowSpace(self.places[rows], self.codes[rows], self.masks[rows])

    @property
    def n_columns(self) -> int:
        """Columns compared: the largest distance there is."""
        return int(self.places.shape[1] + self.codes.shape[1] + self.masks.shape[1])


def row_space(table: EncodedTable, real: EncodedTable, encoder: Encoder, without: str = "") -> RowSpace:
    """The rows of a table among those of `real`, by the columns that are learnt (no dependents), less `without`."""
    learnt = [column.name for column in encoder.schema.learnt if column.name != without]
    numbers = [_places(table.numbers[name], real.numbers[name]) for name in learnt if name in table.numbers]
    codes = [table.codes[name] for name in learnt if name in table.codes]
    masks = [_masks(table, name) for name in learnt if name in table.lists]
    return RowSpace(
        np.column_stack(numbers).astype(np.float32) if numbers else np.empty((len(table), 0), dtype=np.float32),
        np.column_stack(codes) if codes else np.empty((len(table), 0), dtype=np.int32),
        np.column_stack(masks) if masks else np.empty((len(table), 0), dtype=np.uint64),
    )


def _places(values: NDArray[np.float64], real: NDArray[np.float64]) -> NDArray[np.float64]:
    """Middle of the ranks that a value takes among the real ones, 0 to 1."""
    known = np.sort(real[~np.isnan(real)])
    ranks = (np.searchsorted(known, values, side="left") + np.searchsorted(known, values, side="right")) / 2
    return np.where(np.isnan(values), _MISSING_PLACE, ranks / max(len(known), 1))


def _masks(table: EncodedTable, name: str) -> NDArray[np.uint64]:
    lists = table.lists[name]
    masks = np.zeros(len(table), dtype=np.uint64)
    bits = np.left_shift(np.uint64(1), (lists.codes % _MASK_BITS).astype(np.uint64))
    np.bitwise_or.at(masks, lists.row_of, bits)
    return masks


class Nearest(NamedTuple):
    """For each of Q rows its K nearest others: float32 [Q, K] ascending distances, int64 [Q, K] row numbers."""

    distances: NDArray[np.float32]
    rows: NDArray[np.int64]


def nearest_rows(rows: RowSpace, among: RowSpace, k: int, *, leave_self_out: bool = False) -> Nearest:
    """The `k` nearest rows of `among`; `leave_self_out` where the two are one table. Inf where there are fewer."""
    distances = np.full((len(rows.places), k), np.inf, dtype=np.float32)
    numbers = np.zeros((len(rows.places), k), dtype=np.int64)
    find_nearest(*_contiguous(rows), *_contiguous(among), leave_self_out, distances, numbers)
    return Nearest(distances, numbers)


def balls_holding(rows: RowSpace, centres: RowSpace, radii: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many balls hold each row, int64 [Q, K]; ball k of a centre has `radii[centre, k]`, ascending in k."""
    counts = np.zeros((len(rows.places), radii.shape[1]), dtype=np.int64)
    count_balls(*_contiguous(rows), *_contiguous(centres), np.ascontiguousarray(radii, dtype=np.float32), counts)
    return counts


def _contiguous(rows: RowSpace) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    return np.ascontiguousarray(rows.places), np.ascontiguousarray(rows.codes), np.ascontiguousarray(rows.masks)

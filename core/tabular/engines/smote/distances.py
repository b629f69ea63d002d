"""Distances between rows of numbers and codes, in blocks: exact, and never a column for each code."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from core.tabular.plain import PlainColumn, PlainTable

BLOCK_CELLS: Final = 4_000_000  # distances held at once: 32 MB


class Scale(NamedTuple):
    """Each number column's mean and standard deviation (1 where it is constant), float64 [D]."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Places:
    """Rows without their target: standardised numbers, float64 [R, D], and codes, int32 [C, R]."""

    numbers: NDArray[np.float64]
    codes: NDArray[np.int32]

    def take(self, rows: NDArray[np.int64]) -> "Places":
        """The rows of these numbers, in their order."""
        return Places(self.numbers[rows], np.ascontiguousarray(self.codes[:, rows]))

    def __len__(self) -> int:
        return len(self.numbers)


def features(table: PlainTable) -> tuple[PlainColumn, ...]:
    """All columns but the target."""
    return tuple(column for column in table.columns if column.name != table.target)


def scale_of(table: PlainTable) -> Scale:
    """Measured on a table's number columns."""
    numbers = _numbers(table)
    deviation = numbers.std(axis=0)
    return Scale(numbers.mean(axis=0), np.where(deviation > 0, deviation, 1.0))


def places_of(table: PlainTable, scale: Scale) -> Places:
    """Where a table's rows lie."""
    coded = [table.codes(column.name) for column in features(table) if column.is_coded]
    codes = np.array(coded, dtype=np.int32).reshape(len(coded), len(table))
    return Places((_numbers(table) - scale.mean) / scale.deviation, codes)


def squared_distances(some: Places, others: Places) -> NDArray[np.float64]:
    """Float64 [S, O]: of the standardised numbers, plus one for each code that differs.

    One is the median squared deviation of the numbers once standardised: the weight of SMOTE-NC (Chawla et al. 2002,
    section 6.1).
    """
    cross = some.numbers @ others.numbers.T
    squares = (some.numbers**2).sum(axis=1)[:, None] + (others.numbers**2).sum(axis=1) - 2 * cross
    distances: NDArray[np.float64] = np.maximum(squares, 0.0)
    for mine, theirs in zip(some.codes, others.codes, strict=True):
        distances += mine[:, None] != theirs
    return distances


def blocks(n_rows: int, n_others: int) -> Iterator[NDArray[np.int64]]:
    """Row numbers in runs whose distances to `n_others` rows fit `BLOCK_CELLS`."""
    step = max(BLOCK_CELLS // max(n_others, 1), 1)
    for start in range(0, n_rows, step):
        yield np.arange(start, min(start + step, n_rows))


def as_matrix(places: Places, columns: tuple[PlainColumn, ...]) -> csr_array:
    """The same distances as vectors, sparse [R, D + all codes]: a code is 1 / sqrt(2) in a column of its own."""
    n_rows = len(places)
    parts = [csr_array(places.numbers)]
    widths = [column.n_codes for column in columns if column.is_coded]
    for codes, width in zip(places.codes, widths, strict=True):
        ones = np.full(n_rows, 0.5**0.5)
        parts.append(csr_array((ones, codes, np.arange(n_rows + 1)), shape=(n_rows, width)))
    matrix = csr_array(hstack(parts, format="csr"))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    return matrix


def _numbers(table: PlainTable) -> NDArray[np.float64]:
    held = [table.numbers(column.name) for column in features(table) if not column.is_coded]
    return np.array(held, dtype=np.float64).reshape(len(held), len(table)).T

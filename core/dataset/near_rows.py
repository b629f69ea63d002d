"""How alike rows are: the nearest other row of each, and groups of rows that must not be parted by a split."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from core.dataset.chances import chances
from core.dataset.row_choice import node_keys, row_keys
from core.dataset.rows import LabelledRows
from core.errors import InvalidInput, Problem

N_COMPARED = 1_000
MAX_AGAINST = 50_000
BINS = 20
_CELLS_AT_ONCE = 1_000_000  # of rows compared x rows they are compared with: 8 MB an array
_EXACT: Final = 1.0 - 1e-12


@dataclass(frozen=True, slots=True)
class NearestRows:
    """How alike the nearest other row is, for `n_compared` of `n_rows` rows, each among `n_against` rows.

    Likeness is Jaccard's: shared attributes over those in either row, 0..1; `differing` counts the attributes that are
    in one of both rows alone (Hamming's distance of the sets). `is_exact`: every row was compared with every other.
    `histogram` counts the compared rows in equal bins of likeness over 0..1. `n_identical` have a twin, `n_near` a
    near-duplicate (see `near_duplicate_groups`); `n_other_label` are nearer to a row of another label than to any of
    their own.
    """

    n_rows: int
    n_compared: int
    n_against: int
    is_exact: bool
    mean_likeness: float
    median_likeness: float
    median_differing: float
    n_identical: int
    n_near: int
    n_other_label: int
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Groups of rows that hang together by near-duplicates: how many, how large, and rows that are alone."""

    n_rows: int
    n_groups: int
    n_alone: int
    largest: int


def nearest_rows(
    rows: LabelledRows, n_compared: int = N_COMPARED, max_against: int = MAX_AGAINST, seed: int = 0
) -> NearestRows:
    """Compare rows with the others: all of them where they are few, else a random part; the same for the same seed.

    `InvalidInput` for fewer than two rows.
    """
    if len(rows) < 2 or n_compared < 1 or max_against < 2:
        raise InvalidInput("Rows cannot be compared", [Problem("At least two rows are needed.")])
    against = _picked(len(rows), max_against, seed)
    own = against[_picked(len(against), n_compared, seed + 1)]
    matrix = _matrix(rows)
    others = matrix[against].T.tocsr()
    parts = [_nearest(rows, matrix, part, against, others) for part in _parts(own, len(against))]
    likeness, differing, is_near, is_foreign = (np.concatenate(column) for column in zip(*parts, strict=True))
    return NearestRows(
        n_rows=len(rows),
        n_compared=len(own),
        n_against=len(against) - 1,
        is_exact=len(own) == len(rows),
        mean_likeness=float(likeness.mean()),
        median_likeness=float(np.median(likeness)),
        median_differing=float(np.median(differing)),
        n_identical=int(np.count_nonzero(likeness >= _EXACT)),
        n_near=int(np.count_nonzero(is_near)),
        n_other_label=int(np.count_nonzero(is_foreign)),
        histogram=tuple(np.histogram(likeness, bins=BINS, range=(0.0, 1.0))[0].tolist()),
    )


def near_duplicate_groups(rows: LabelledRows) -> NDArray[np.int64]:
    """A group number for each row, int64 [R], by first appearance: near-duplicates always share a group.

    Near-duplicates hold the same attributes, but for one that is exchanged, added or missing. Groups are closed under
    this: a and c are together if both are near b. A split that keeps groups whole lets no near-duplicate leak.
    """
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.offsets))
    whole = row_keys(rows.nodes, rows.offsets)
    with np.errstate(over="ignore"):
        less_one = whole[owner] - node_keys(rows.nodes)
    # Two rows are near if what is left of one without some attribute is the other, or what is left of the other.
    keys = np.concatenate((whole, less_one))
    member = np.concatenate((np.arange(len(rows)), owner))
    order = np.argsort(keys, kind="stable")
    again = keys[order][1:] == keys[order][:-1]
    one, other = member[order][:-1][again], member[order][1:][again]
    links = csr_matrix((np.ones(len(one), dtype=np.int8), (one, other)), shape=(len(rows), len(rows)))
    group = connected_components(links, directed=False)[1]
    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.int64)


def summarise_groups(group: NDArray[np.int64]) -> RowGroups:
    """How many groups there are and how large, from the number of each row's group."""
    sizes = np.bincount(group)
    return RowGroups(len(group), len(sizes), int(np.count_nonzero(sizes == 1)), int(sizes.max(initial=0)))


class _Nearest(NamedTuple):
    """Of some rows: likeness and differing attributes of the nearest, and whether any is near, or of another label."""

    likeness: NDArray[np.float64]
    differing: NDArray[np.int64]
    is_near: NDArray[np.bool_]
    is_foreign: NDArray[np.bool_]


def _nearest(
    rows: LabelledRows, matrix: csr_matrix, own: NDArray[np.int64], against: NDArray[np.int64], others: csr_matrix
) -> _Nearest:
    sizes = np.diff(rows.offsets)
    both = sizes[own][:, None] + sizes[against]
    shared = (matrix[own] @ others).toarray().astype(np.int64)
    itself = np.arange(len(own)), np.searchsorted(against, own)
    apart = both - 2 * shared
    apart[itself] = both.max(initial=0) + 1
    alike = np.divide(
        shared, both - shared, out=np.ones(both.shape), where=both > shared
    )  # two empty rows are the same
    alike[itself] = -1.0
    best = alike.max(axis=1)
    own_best = np.where(rows.label[own][:, None] == rows.label[against], alike, -1.0).max(axis=1)
    is_near = (apart <= 1) | ((apart == 2) & (sizes[own][:, None] == sizes[against]))
    return _Nearest(best, apart.min(axis=1), is_near.any(axis=1), own_best < best)


def _matrix(rows: LabelledRows) -> csr_matrix:
    """Rows by attributes, 1 where a row holds one."""
    ones = np.ones(len(rows.nodes), dtype=np.int32)
    shape = (len(rows), int(rows.nodes.max(initial=0)) + 1)
    return csr_matrix((ones, rows.nodes, rows.offsets), shape=shape)


def _picked(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """Numbers below n in ascending order: all of them, or `most` at random."""
    if n <= most:
        return np.arange(n, dtype=np.int64)
    number = np.arange(n, dtype=np.int64)
    luck = chances(seed, "rows compared", number, np.zeros_like(number))
    return np.sort(np.argsort(luck, kind="stable")[:most]).astype(np.int64)


def _parts(own: NDArray[np.int64], n_against: int) -> Iterator[NDArray[np.int64]]:
    at_once = max(_CELLS_AT_ONCE // n_against, 1)
    return (own[start : start + at_once] for start in range(0, len(own), at_once))

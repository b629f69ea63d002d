"""Numbers for all pairs of attributes of different modalities, and the pairs that rows hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.errors import ValenceError
from core.models.tables import AttributeTable, CampaignRows

MOST_PAIRS: Final = 60_000_000  # the estimates of all pairs are held at once: 240 MB per target
_CELLS: Final = 4_000_000  # pair places looked at together: keeps the intermediate arrays of a block small


class PairBlock(NamedTuple):
    """The pairs of two modalities: numbers `start` to `start + n_first * n_second`, row by row of the first one."""

    first: slice  # places of the first modality's attributes
    second: slice
    start: int

    @property
    def shape(self) -> tuple[int, int]:
        """Attributes of the first and of the second modality."""
        return self.first.stop - self.first.start, self.second.stop - self.second.start

    @property
    def pairs(self) -> slice:
        """The numbers of its pairs."""
        return slice(self.start, self.start + self.shape[0] * self.shape[1])


@dataclass(frozen=True, eq=False)
class PairLayout:
    """A attributes in the order of their modalities, and P numbered pairs.

    `place`, int32 [A]: of each attribute in that order; `members`, int32 [A]: the way back. `modalities`: the places of
    each modality; `modality`, int32 [A], by place. A pair's number is `base[m, n] + width[n] * i + j` with i and j
    counted within their modalities m < n.
    """

    place: NDArray[np.int32]
    members: NDArray[np.int32]
    modality: NDArray[np.int32]
    modalities: tuple[slice, ...]
    blocks: tuple[PairBlock, ...]
    base: NDArray[np.int64]
    n_pairs: int

    def __len__(self) -> int:
        return len(self.place)

    def pair_ends(self, pairs: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The attributes of numbered pairs, both int32, as positions in the table."""
        starts = np.array([block.start for block in self.blocks], dtype=np.int64)
        block = np.searchsorted(starts, pairs, side="right") - 1
        width = np.array([block.shape[1] for block in self.blocks], dtype=np.int64)[block]
        first = np.array([block.first.start for block in self.blocks], dtype=np.int64)[block]
        second = np.array([block.second.start for block in self.blocks], dtype=np.int64)[block]
        within = pairs - starts[block]
        return self.members[first + within // width], self.members[second + within % width]


def pair_layout(attributes: AttributeTable) -> PairLayout:
    """Number the pairs of a table's attributes; `ValenceError` where there are none, or too many to hold."""
    members = np.argsort(attributes.modality, kind="stable").astype(np.int32)
    modality = attributes.modality[members].astype(np.int32)
    _, first, sizes = np.unique(modality, return_index=True, return_counts=True)
    modalities = tuple(slice(int(a), int(a + n)) for a, n in zip(first, sizes, strict=True))
    blocks: list[PairBlock] = []
    base = np.zeros((len(modalities), len(modalities)), dtype=np.int64)
    n_pairs = 0
    for m, n in zip(*np.triu_indices(len(modalities), k=1), strict=True):
        base[m, n] = n_pairs
        blocks.append(PairBlock(modalities[m], modalities[n], n_pairs))
        n_pairs += int(sizes[m] * sizes[n])
    _check_size(len(members), n_pairs)
    place = np.empty_like(members)
    place[members] = np.arange(len(members), dtype=np.int32)
    return PairLayout(place, members, _dense(modality), modalities, tuple(blocks), base, n_pairs)


@dataclass(frozen=True, eq=False)
class RowPairs:
    """Which pairs R rows hold: `held`, float32 CSR [R, P] of ones; `weight`, float64 [R], makes their sum a mean.

    The mean is over all unordered pairs of a row's attributes, as the fractions of a label are: pairs within a modality
    count, though none of them has an edge. Attributes that are missing leave the pairs that are present; a row without
    two attributes observes nothing, weight 0.
    """

    held: sparse.csr_matrix
    weight: NDArray[np.float64]


def row_pairs(layout: PairLayout, rows: CampaignRows) -> RowPairs:
    """Find every row's pairs of different modalities."""
    sizes = rows.sizes()
    numbers, counts = [np.empty(0, dtype=np.int32)], [np.empty(0, dtype=np.int64)]
    for part in _parts(rows):
        found, n_found = _numbers(layout, part)
        numbers.append(found)
        counts.append(n_found)
    ends = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    columns = np.concatenate(numbers)
    ends = ends.astype(np.int32) if ends[-1] < 2**31 else ends
    held = sparse.csr_matrix(
        (np.ones(len(columns), dtype=np.float32), columns, ends), shape=(len(rows), layout.n_pairs)
    )
    all_pairs = sizes * (sizes - 1) / 2
    weight = np.divide(1.0, all_pairs, out=np.zeros(len(rows)), where=all_pairs > 0)
    return RowPairs(held, weight)


def _parts(rows: CampaignRows) -> Iterator[CampaignRows]:
    """The rows in blocks whose intermediate arrays stay small."""
    widest = int(rows.sizes().max(initial=1))
    step = max(1, _CELLS // (widest * widest))
    for start in range(0, len(rows), step):
        ends = rows.offsets[start : start + step + 1]
        yield CampaignRows(rows.nodes[ends[0] : ends[-1]], ends - ends[0])


def _numbers(layout: PairLayout, rows: CampaignRows) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The pair numbers of all rows, one row after the other, and how many each has."""
    sizes = rows.sizes()
    widest = int(sizes.max(initial=0))
    absent = len(layout)
    places = np.full((len(rows), widest), absent, dtype=np.int32)
    row = rows.row_of_node()
    places[row, np.arange(len(rows.nodes)) - rows.offsets[row]] = layout.place[rows.nodes]
    places.sort(axis=1)  # by modality, the absent last
    modality = np.append(layout.modality, -1)[places]
    starts = np.array([part.start for part in layout.modalities], dtype=np.int32)
    widths = np.array([part.stop - part.start for part in layout.modalities], dtype=np.int64)
    within = places - starts[modality]
    i, j = np.triu_indices(widest, k=1)
    present = (modality[:, j] >= 0) & (modality[:, i] != modality[:, j])
    at_row, at_pair = np.nonzero(present)
    a, b = i[at_pair], j[at_pair]
    m, n = modality[at_row, a], modality[at_row, b]
    numbers = layout.base[m, n] + within[at_row, a] * widths[n] + within[at_row, b]
    return numbers.astype(np.int32), present.sum(axis=1)


def _dense(modality: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.unique(modality, return_inverse=True)[1].ravel().astype(np.int32)


def _check_size(n_attributes: int, n_pairs: int) -> None:
    if not n_pairs:
        raise ValenceError(
            "All attributes are of one modality, so there is no pair to learn about.",
            "Choose a dataset version whose catalogue has attributes of at least two modalities.",
        )
    if n_pairs > MOST_PAIRS:
        raise ValenceError(
            f"{n_attributes:,} attributes have {n_pairs:,} pairs of different modalities; this model holds "
            f"{MOST_PAIRS:,} at most.",
            "Choose another family, or a dataset version over a smaller catalogue.",
        )

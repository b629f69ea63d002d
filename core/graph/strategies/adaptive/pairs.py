"""The candidate pairs of a catalogue as columns, in the order every array of the strategy follows."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.call_plan import MAX_PAIRS


@dataclass(frozen=True, eq=False)
class PairList:
    """Every cross-modality pair once, sorted by block, then `first`, then `second`.

    `first`, `second`: int32 [P] catalogue positions, `first` of the modality that comes earlier in the catalogue, so
    that a column about it means the same throughout a block; `block`: int32 [P], number of the modality pair.
    """

    n_attributes: int
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    block: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def number_of(self) -> NDArray[np.int32]:
        """Pair number by both ends, int32 [N, N], symmetric, -1 where two attributes are no candidates."""
        numbers = np.full((self.n_attributes, self.n_attributes), -1, dtype=np.int32)
        numbers[self.first, self.second] = numbers[self.second, self.first] = np.arange(len(self), dtype=np.int32)
        return numbers

    @cached_property
    def blocks(self) -> tuple["Block", ...]:
        """The modality pairs, each a full grid of its two sides."""
        bounds = np.searchsorted(self.block, np.arange(int(self.block.max(initial=-1)) + 2))
        return tuple(
            Block(int(low), int(high), np.unique(self.first[low:high]), np.unique(self.second[low:high]))
            for low, high in pairwise(bounds)
        )


@dataclass(frozen=True, eq=False)
class Block:
    """Pairs `low` to `high` of the list: the grid of `rows` x `columns` (catalogue positions), row by row."""

    low: int
    high: int
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]


def list_pairs(catalogue: Catalogue) -> PairList:
    """List the candidate pairs; `ValenceError` beyond `MAX_PAIRS`."""
    if catalogue.n_pairs > MAX_PAIRS:
        raise ValenceError(
            f"This catalogue has {catalogue.n_pairs:,} pairs; the adaptive strategy stops at {MAX_PAIRS:,}.",
            "Split the catalogue into smaller ones.",
        )
    groups = [np.array(positions, dtype=np.int32) for positions in catalogue.positions_by_modality.values()]
    grids = [(a, b) for number, a in enumerate(groups) for b in groups[number + 1 :]]
    nothing = [np.zeros(0, dtype=np.int32)]
    return PairList(
        n_attributes=len(catalogue),
        first=np.concatenate([np.repeat(a, len(b)) for a, b in grids] or nothing),
        second=np.concatenate([np.tile(b, len(a)) for a, b in grids] or nothing),
        block=np.repeat(np.arange(len(grids), dtype=np.int32), [len(a) * len(b) for a, b in grids]),
    )

"""Rows as bags of attributes per part (modality or attribute type), cut into batches for a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.models.tables import CampaignRows


class RowBatch(NamedTuple):
    """B rows of P parts: bag b * P + p holds `nodes[offsets[b * P + p]:offsets[b * P + p + 1]]`, both int64.

    `counts`, float32 [B, P]: members per bag.
    """

    nodes: Tensor
    offsets: Tensor
    counts: Tensor

    def present(self) -> Tensor:
        """Which bags hold anything, float32 [B, P] of 0 and 1."""
        return (self.counts > 0).float()

    def pooled(self, table: Tensor, mode: str) -> Tensor:
        """The "sum" or "mean" of `table` [A, H] over every bag, [B, P, H]; zeros for an empty bag."""
        pooled = functional.embedding_bag(self.nodes, table, self.offsets, mode=mode, include_last_offset=True)
        return pooled.view(*self.counts.shape, table.shape[1])  # [B * P, H] -> [B, P, H]


@dataclass(frozen=True, eq=False)
class RowBags:
    """R rows of `n_parts` bags each: `bags` has R * P rows."""

    bags: CampaignRows
    n_parts: int

    def __len__(self) -> int:
        return len(self.bags) // self.n_parts

    def batch(self, rows: NDArray[np.int64]) -> RowBatch:
        """The rows of these numbers."""
        taken = self.bags.take((rows[:, None] * self.n_parts + np.arange(self.n_parts)).ravel())
        counts = taken.sizes().reshape(len(rows), self.n_parts)
        return RowBatch(
            torch.from_numpy(taken.nodes.astype(np.int64)),
            torch.from_numpy(taken.offsets),
            torch.from_numpy(counts.astype(np.float32)),
        )

    def batches(self, order: NDArray[np.int64], size: int) -> Iterator[tuple[NDArray[np.int64], RowBatch]]:
        """The rows in the order given, `size` at a time, with their numbers; one empty batch of no rows."""
        for start in range(0, max(len(order), 1), size):
            rows = order[start : start + size]
            yield rows, self.batch(rows)


def row_bags(rows: CampaignRows, part: NDArray[np.int32], n_parts: int) -> RowBags:
    """Sort every row's attributes into bags by `part`, int32 [A]: the part that each attribute belongs to.

    Within a bag they stand by position, so that no order of a file changes a sum.
    """
    bag = rows.row_of_node() * n_parts + part[rows.nodes]
    order = np.lexsort((rows.nodes, bag))
    sizes = np.bincount(bag, minlength=len(rows) * n_parts)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    return RowBags(CampaignRows(rows.nodes[order], offsets), n_parts)

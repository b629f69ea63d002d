"""Rows and the label ranges they are held to: those of a dataset, or random subgraphs that fit a label by chance."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import LabelParams, SamplerSettings
from core.sampler.encoding import encode_graph
from core.sampler.fractions import Fractions, inside
from core.sampler.recount import index_edges, recount_rows
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest

N_RANDOM_ROWS = 10_000
_STREAM = "random rows"


@dataclass(frozen=True, eq=False)
class HeldRows:
    """R rows: row r holds the attributes `nodes[offsets[r]:offsets[r + 1]]`, each once.

    `nodes`: int32 catalogue positions; `offsets`: int64 [R + 1]; `held`: bool [R, L], whether a row is to keep the
    ranges of each label of `labels`, in their order; a row may be held to several labels or to none.
    """

    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    labels: Mapping[str, LabelParams]
    held: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.held)

    def of_row(self, row: int) -> NDArray[np.int32]:
        """The catalogue positions of one row."""
        return self.nodes[self.offsets[row] : self.offsets[row + 1]]

    def holding(self, first: int, second: int) -> NDArray[np.int64]:
        """Numbers of the rows that hold both attributes (catalogue positions), ascending."""
        return np.intersect1d(self._with(first), self._with(second), assume_unique=True)

    def take(self, rows: NDArray[np.int64]) -> "HeldRows":
        """The rows of the given numbers alone, in their order."""
        parts = [self.of_row(row) for row in rows.tolist()]
        offsets = np.concatenate(([0], np.cumsum(np.diff(self.offsets)[rows]))).astype(np.int64)
        return HeldRows(np.concatenate([np.zeros(0, np.int32), *parts]), offsets, self.labels, self.held[rows])

    def _with(self, position: int) -> NDArray[np.int64]:
        return np.searchsorted(self.offsets, np.flatnonzero(self.nodes == position), side="right") - 1


def labelled_rows(
    nodes: NDArray[np.int32], offsets: NDArray[np.int64], label: NDArray[np.int32], labels: Mapping[str, LabelParams]
) -> HeldRows:
    """Rows held to their own label each; `label`: int32 [R], numbers of `labels` in their order."""
    return HeldRows(nodes, offsets, labels, label[:, None] == np.arange(len(labels)))


def random_rows(
    graph: SignedGraph,
    type_ranges: Mapping[str, tuple[int, int]],
    labels: Mapping[str, LabelParams],
    n_rows: int = N_RANDOM_ROWS,
    seed: int = 0,
) -> HeldRows:
    """Random subgraphs under the quotas alone, each held to every label whose ranges it happens to keep.

    The types must be those of the catalogue, and the quotas possible (`check_config` finds neither wanting).
    """
    anything = LabelParams(pos_frac_range=(0.0, 1.0), neg_frac_range=(0.0, 1.0), num_samples=n_rows)
    encoding = encode_graph(graph, type_ranges)
    drawn = finish(sample_label(encoding, LabelRequest(_STREAM, anything, SamplerSettings(), seed)))
    found = recount_rows(index_edges(graph), drawn.nodes, drawn.offsets).fractions
    return HeldRows(drawn.nodes, drawn.offsets, labels, fitting(found, labels))


def fitting(found: Fractions, labels: Mapping[str, LabelParams]) -> NDArray[np.bool_]:
    """Whether each of R rows keeps the ranges of each label, bool [R, L]."""
    columns = [inside(found, params.pos_frac_range, params.neg_frac_range) for params in labels.values()]
    return np.stack(columns, axis=1) if columns else np.zeros((len(found.pos_frac), 0), dtype=np.bool_)
